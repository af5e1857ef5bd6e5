from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway_simulators.kit.clock import ManualClock, RunningClock, clock_from
from gateway_simulators.kit.outbox import Outbox, Webhook
from gateway_simulators.kit.qr import qr_svg
from gateway_simulators.kit.server import RunningSimulator
from gateway_simulators.kit.timers import Timers
from gateway_simulators.phonepe.model import PhonePeModel

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def test_the_clock_runs_as_fast_as_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway_simulators.kit.clock.time.time", lambda: 1010.0)
    clock = clock_from({"PAVATI_CLOCK": "1000,5000,20"})
    assert clock.now() == 5200
    assert clock.real_seconds(60) == 3
    assert clock_from({}).now() == 1010


def test_the_clock_is_put_forward_by_what_its_file_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gateway_simulators.kit.clock.time.time", lambda: 1010.0)
    file = tmp_path / "put, forward.txt"
    file.write_text("0.000000")
    clock = clock_from({"PAVATI_CLOCK": f"1000,5000,20,{file}"})
    assert clock.now() == 5200
    file.write_text("86400.5")
    assert clock.now() == 91_600.5


@pytest.mark.parametrize("text", ["1,2", "a,b,c", "1,2,3,4", "0,0,0", "0,0,-1", "0,0,nan"])
def test_a_bad_clock_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="PAVATI_CLOCK"):
        clock_from({"PAVATI_CLOCK": text})


def test_a_plain_clock_is_the_walls() -> None:
    assert RunningClock().real_seconds(5) == 5


def test_timers_act_in_the_order_they_are_due_at_their_own_times() -> None:
    clock = ManualClock(0)
    timers = Timers(clock.now)
    seen: list[tuple[str, float]] = []
    timers.at(20, lambda: seen.append(("late", timers.now())))
    timers.at(10, lambda: timers.after(5, lambda: seen.append(("after", timers.now()))))
    clock.advance(30)
    timers.run_due()
    assert seen == [("after", 15), ("late", 20)]
    assert timers.now() == 30


def test_the_outbox_delivers_the_oldest_first_and_what_is_not_due_later() -> None:
    clock, sent = ManualClock(100), list[str]()
    outbox = Outbox(clock.now, lambda url, _headers, _body: sent.append(url) or 200)  # type: ignore[func-returns-value]
    for url, due_at in (("second", 90), ("first", 80), ("later", 101)):
        outbox.add(Webhook("e", "a", url, {}, b"", due_at))
    assert outbox.pump() == 2
    assert sent == ["first", "second"]
    clock.advance(1)
    outbox.pump()
    assert sent == ["first", "second", "later"]


class _App:
    def __init__(self, outbox: Outbox) -> None:
        self.outbox, self.ticks = outbox, 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return []

    def tick(self) -> None:
        self.ticks += 1


def test_a_slow_receiver_delays_one_courier_and_not_all_webhooks() -> None:
    answers, sent, all_sent = threading.Event(), list[str](), threading.Event()

    def post(url: str, _headers: Mapping[str, str], _body: bytes) -> int:
        if url == "slow":
            answers.wait(10)
        sent.append(url)
        if len(sent) in (2, 3):
            all_sent.set()
        return 200

    outbox = Outbox(ManualClock(100).now, post)
    for url, due_at in (("slow", 80), ("quick", 90), ("quicker", 95)):
        outbox.add(Webhook("e", "a", url, {}, b"", due_at))
    running = RunningSimulator(_App(outbox), RunningClock())
    running.start()
    try:
        assert all_sent.wait(10)
        assert sorted(sent) == ["quick", "quicker"]
        all_sent.clear()
        answers.set()
        assert all_sent.wait(10)
        assert sorted(sent) == ["quick", "quicker", "slow"]
    finally:
        running.stop()


def test_the_model_repeats_itself_from_the_same_seed() -> None:
    def story(seed: int) -> object:
        clock = ManualClock()
        model = PhonePeModel(clock.now, random.Random(seed))
        order = model.orders.create(
            {"merchantOrderId": "att_1", "amount": 100, "paymentFlow": {"type": "PG_CHECKOUT"}}, "MSIM0001"
        )
        model.orders.pay(order)
        return model.ledger()

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_a_qr_code_is_a_picture_with_its_label() -> None:
    picture = qr_svg("http://127.0.0.1:8101/transact/abc", "QR code")
    # Version 3, whose 53 bytes hold the address: 29 modules and the quiet zone.
    assert picture.startswith('<svg role="img" aria-label="QR code" shape-rendering="crispEdges" viewBox="0 0 37 37">')
    assert picture.endswith("</svg>")
