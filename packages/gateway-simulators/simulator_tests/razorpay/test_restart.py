"""A simulator that is killed and started again on the same file has the same state. Also its command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway_simulators.kit.clock import ManualClock, RunningClock
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.outbox import Outbox
from gateway_simulators.kit.replay import Diary
from gateway_simulators.razorpay.__main__ import build, options
from gateway_simulators.razorpay.app import RazorpayApp, create_app
from gateway_simulators.razorpay.model import RazorpayModel
from simulator_tests.razorpay.harness import MANUAL, Harness

KEY = "rfd_00000000000000000000000001"


class Remembering(Harness):
    """Its clock moves at every reading, as a real one does."""

    def __init__(self, path: Path, clock: ManualClock | None = None) -> None:
        super().__init__()
        self.clock, self.path = clock or ManualClock(), path
        diary = Diary(path, self._now)
        self.model = RazorpayModel(diary.now, diary.rng, self.settings)
        self.app = create_app(self.model, Outbox(self._now, self.receiver.post), sleep=self.slept.append, diary=diary)
        transport = InProcessTransport(diary.replay(self.app))
        login = (self.settings.key_id, self.settings.key_secret)
        self.http = httpx.Client(transport=transport, base_url="http://sim.test", auth=login)
        self.browser = httpx.Client(transport=transport, base_url="http://sim.test")

    def _now(self) -> float:
        self.clock.advance(0.001)
        return self.clock.now()

    def memory(self) -> dict[str, Any]:
        return {name: value for name, value in self.ledger().items() if name != "webhooks"}


@pytest.fixture
def before(tmp_path: Path) -> Remembering:
    return Remembering(tmp_path / "simulator.jsonl")


def test_nothing_is_forgotten_over_a_restart(before: Remembering) -> None:
    payment = before.paid()
    first = before.refund(payment, KEY, amount=100)
    authorized = before.paid("att_2", **MANUAL)
    before.choose(before.order("att_3"), "4100280000001007")
    before.choose(before.order("att_4"), "failure@razorpay")
    before.wait(30)
    after = Remembering(before.path, before.clock)
    assert after.memory() == before.memory()
    assert after.refund(payment, KEY, amount=100) == first
    assert after.capture_call(authorized).json()["status"] == "captured"
    assert after.order("att_5")["id"] != before.get("/v1/orders")["items"][0]["id"]
    assert after.receiver.events == []


def test_it_is_started_from_the_command_line(tmp_path: Path) -> None:
    given = ["--webhook-url", "http://127.0.0.1:8000/hook", "--refund-s", "1", "--no-s2s", "--seed", "7"]
    app = build(options().parse_args(given), RunningClock())
    assert isinstance(app, RazorpayApp)
    settings = app.model.settings
    assert (settings.webhook_url, settings.refund_seconds, settings.serves_s2s) == (given[1], 1.0, False)
    assert options().parse_args([]).port == 8102
    state = tmp_path / "state.jsonl"
    build(options().parse_args(["--state", str(state)]), RunningClock())
    assert state.exists()
