"""A simulator that is killed and started again on the same file has the same state."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.http import Router
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.outbox import Outbox
from gateway_simulators.kit.replay import Diary
from gateway_simulators.phonepe.__main__ import remembering
from gateway_simulators.phonepe.app import create_app
from gateway_simulators.phonepe.settings import Settings
from simulator_tests.harness import PG, Harness
from simulator_tests.test_server import Process
from simulator_tests.test_server import pay as pay_over_http


class Remembering(Harness):
    """Its clock moves at every reading, as a real one does."""

    def __init__(self, path: Path, clock: ManualClock | None = None) -> None:
        super().__init__()
        is_first = clock is None
        self.clock = clock or ManualClock()
        self.path = path
        diary = Diary(path, self._now)
        settings = Settings(webhook_url="https://shop.example/hook")
        self.model = remembering(diary.now, diary.rng, diary.stored, settings)
        self.slept.clear()
        self.app = create_app(self.model, Outbox(self._now, self.receiver.post), sleep=self.slept.append, diary=diary)
        transport = InProcessTransport(diary.replay(self.app))
        self.http = httpx.Client(transport=transport, base_url="http://sim.test")
        if is_first:
            self.log_in()

    def _now(self) -> float:
        self.clock.advance(0.001)
        return self.clock.now()

    def restarted(self) -> Remembering:
        again = Remembering(self.path, self.clock)
        again.http.headers["Authorization"] = self.http.headers["Authorization"]
        return again

    def memory(self) -> dict[str, Any]:
        return {name: value for name, value in self.ledger().items() if name != "webhooks"}

    def faults(self) -> Any:
        return self.http.get("/_sim/faults").json()["faults"]


@pytest.fixture
def before(tmp_path: Path) -> Remembering:
    return Remembering(tmp_path / "simulator.jsonl")


def test_nothing_is_forgotten(before: Remembering) -> None:
    before.paid_order()
    before.refund_call().raise_for_status()
    before.pay_call("att_2")
    before.act("decline", "att_2", retry=True)
    before.http.post("/_sim/dashboard_refunds", json={"order": "att_1", "amount": 1})
    before.fault("slow", "pay", times=3, seconds=1)
    before.fault("wrong_amount", "status")
    before.wait(3)
    before.pay_call("att_3")
    before.status()
    after = before.restarted()
    assert after.memory() == before.memory()
    assert after.faults() == before.faults()
    assert len(after.faults()) == 1
    assert after.status("att_3") == before.status("att_3")
    assert after.pay_call("att_4").json()["orderId"]


def test_a_restart_sends_no_webhook_again_and_replays_at_once(before: Remembering) -> None:
    before.fault("slow", "status")
    before.fault("webhook_first", "pay")
    before.pay_call()
    before.status()
    assert (before.receiver.events, before.slept) == (["checkout.order.completed"], [8.0])
    after = before.restarted()
    after.app.pump()
    assert (after.receiver.events, after.slept) == ([], [])


def test_what_falls_due_while_it_is_down_happens_at_its_time(before: Remembering) -> None:
    before.paid_order()
    before.refund_call()
    before.pay_call("att_2", expireAfter=300)
    before.clock.advance(400)
    after = before.restarted()
    after.app.pump()
    ledger = after.ledger()
    assert ledger["orders"][1]["closed_at"] == ledger["orders"][1]["expire_at"]
    assert ledger["refunds"][0]["closed_at"] == pytest.approx(ledger["refunds"][0]["created_at"] + 4)
    assert after.receiver.events == ["pg.refund.accepted", "pg.refund.completed", "checkout.order.failed"]


def test_what_fell_due_before_the_end_is_not_sent_again(before: Remembering) -> None:
    before.paid_order()
    before.refund_call()
    before.wait(10)
    assert "pg.refund.completed" in before.receiver.events
    after = before.restarted()
    after.app.pump()
    assert after.receiver.events == []
    assert after.memory() == before.memory()


def test_an_act_put_off_happens_after_a_restart(before: Remembering) -> None:
    before.pay_call()
    before.act("pay", after_s=30)
    after = before.restarted()
    after.wait(31)
    assert after.status()["state"] == "COMPLETED"


@pytest.mark.parametrize("fault", ["refuse", "lose_answer", "error_after", "garbage", "unauthorized"])
def test_calls_that_went_wrong_go_wrong_the_same_way(before: Remembering, fault: str) -> None:
    before.fault(fault, "pay")
    try:
        before.pay_call()
    except httpx.TransportError:
        assert fault in ("refuse", "lose_answer")
    after = before.restarted()
    assert after.memory() == before.memory()
    assert after.faults() == []


def test_half_a_line_at_the_end_is_as_if_never_sent(before: Remembering) -> None:
    before.pay_call()
    winner = before.memory()
    whole = before.path.read_bytes()
    before.pay_call("att_2")
    before.path.write_bytes(before.path.read_bytes()[: len(whole) + 40])
    after = before.restarted()
    assert after.memory() == winner
    after.pay_call("att_3")
    assert after.restarted().memory() == after.memory()


def test_a_foreign_file_is_left_as_it_is(tmp_path: Path) -> None:
    for text in ("[1]\n", '{"a": 1}\n', "to do\n", "to do", '{"seed":\n', '{"seed":\n{"a": 1}\n'):
        (tmp_path / "notes.json").write_text(text)
        with pytest.raises(ValueError, match=r"notes\.json is not a simulator's state"):
            Remembering(tmp_path / "notes.json")
        assert (tmp_path / "notes.json").read_text() == text


@pytest.mark.parametrize("half", ["", '{"se', '{"seed":12,"ke'])
def test_half_a_first_line_is_begun_again(half: str, tmp_path: Path) -> None:
    (tmp_path / "state").write_text(half)
    before = Remembering(tmp_path / "state")
    before.paid_order()
    assert before.restarted().memory() == before.memory()


def test_a_reset_empties_the_file_and_what_follows_is_remembered(before: Remembering) -> None:
    before.paid_order()
    before.http.post("/_sim/reset")
    assert before.path.read_bytes().count(b"\n") == 1
    before.paid_order("att_2")
    before.refund_call(order="att_2").raise_for_status()
    assert before.restarted().memory() == before.memory()


def test_reading_records_nothing_and_a_card_is_never_recorded(before: Remembering) -> None:
    page = before.pay_call().json()["redirectUrl"]
    length = before.path.stat().st_size
    before.ledger()
    before.http.get(page, headers={"Authorization": ""})  # As a browser.
    assert before.path.stat().st_size == length
    before.http.post(page, data={"way": "card", "number": "4111 1111 1111 1111", "cvv": "123", "expiry": "12/30"})
    assert b"1111" not in before.path.read_bytes()
    before.http.post(page, data={"way": "qr"})
    after = before.restarted()
    assert after.memory() == before.memory()
    assert after.status()["state"] == "COMPLETED"


class Listening(Router):
    """Records the requests; each time it holds the diary's lock."""

    outbox = Outbox(ManualClock().now, lambda *_: 200)

    def __init__(self, diary: Diary, heard: list[tuple[str, str]]) -> None:
        super().__init__([])
        self._lock, self._heard = diary, heard

    def answer(self, request: Request) -> Response:
        with self._lock:
            self._heard.append((request.headers.get("Idempotency-Key", ""), request.host))
        return Response()

    def tick(self) -> None:
        """Nothing falls due."""


def test_every_header_that_may_count_is_played_again(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []

    def begun() -> httpx.Client:
        diary = Diary(tmp_path / "state", ManualClock().now)
        transport = InProcessTransport(diary.replay(Listening(diary, heard)))
        return httpx.Client(transport=transport, base_url="http://sim.test:8101")

    begun().post("/v1/orders", headers={"Idempotency-Key": "att_1", "Cookie": "seen=1"})
    begun()
    assert heard == [("att_1", "sim.test:8101")] * 2
    assert b"seen=1" not in (tmp_path / "state").read_bytes()


def test_a_killed_process_goes_on_where_it_was(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "simulator.jsonl"))
    first = Process(*state)
    client = first.client()
    pay_over_http(client)
    client.post("/_sim/orders/att_1", json={"act": "pay"}).raise_for_status()
    ledger, token = client.get("/_sim/ledger").json(), client.headers["Authorization"]
    first.end(signal.SIGKILL)
    second = Process(*state)
    with httpx.Client(base_url=second.url, trust_env=False, headers={"Authorization": token}) as again:
        assert again.get("/_sim/ledger").json() == ledger
        assert again.get(f"{PG}/checkout/v2/order/att_1/status").json()["state"] == "COMPLETED"
    assert second.end()[0] == 0
