"""A merchant's server and webhook receiver around the simulator, in one process, on a clock that the test moves."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.outbox import Outbox
from gateway_simulators.razorpay.app import create_app
from gateway_simulators.razorpay.model import RazorpayModel
from gateway_simulators.razorpay.settings import Settings
from gateway_simulators.razorpay.webhooks import RETRY_AFTER_SECONDS

HOOK = "https://shop.example/hook"
MANUAL: dict[str, Any] = {
    "payment": {"capture": "manual", "capture_options": {"manual_expiry_period": 60, "refund_speed": "normal"}}
}


@dataclass(frozen=True, slots=True)
class Received:
    headers: Mapping[str, str]
    body: bytes

    @property
    def envelope(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def event(self) -> str:
        return str(self.envelope["event"])

    def entity(self, name: str) -> dict[str, Any]:
        entity: dict[str, Any] = self.envelope["payload"][name]["entity"]
        return entity


@dataclass(slots=True)
class Receiver:
    """The merchant's webhook address. It answers 200 unless a test sets another answer or an action."""

    got: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    on_call: Callable[[], None] = lambda: None

    def post(self, _: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append(Received(headers, body))
        self.on_call()
        return self.answers.pop(0) if self.answers else 200

    @property
    def events(self) -> list[str]:
        return [received.event for received in self.got]


class Harness:
    def __init__(self, settings: Settings | None = None) -> None:
        self.clock = ManualClock()
        self.slept: list[float] = []
        self.receiver = Receiver()
        self.settings = settings or Settings(webhook_url=HOOK)
        self.model = RazorpayModel(self.clock.now, random.Random(7), self.settings)
        outbox = Outbox(self.clock.now, self.receiver.post, RETRY_AFTER_SECONDS)
        self.app = create_app(self.model, outbox, sleep=self.slept.append)
        login = (self.settings.key_id, self.settings.key_secret)
        transport = InProcessTransport(self.app)
        self.http = httpx.Client(transport=transport, base_url="http://sim.test", auth=login)
        self.browser = httpx.Client(transport=transport, base_url="http://sim.test")

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.app.pump()

    def order_call(self, receipt: str = "att_1", amount: object = 49900, **more: Any) -> httpx.Response:
        return self.http.post("/v1/orders", json={"amount": amount, "currency": "INR", "receipt": receipt} | more)

    def order(self, receipt: str = "att_1", amount: int = 49900, **more: Any) -> dict[str, Any]:
        return _read(self.order_call(receipt, amount, **more))

    def get(self, path: str) -> dict[str, Any]:
        return _read(self.http.get(path))

    def payments(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"/v1/orders/{order['id']}/payments")["items"]
        return items

    def paid(self, receipt: str = "att_1", amount: int = 49900, **more: Any) -> dict[str, Any]:
        """The newest payment of a new order that its payer has paid."""
        order = self.order(receipt, amount, **more)
        self.act("pay", receipt).raise_for_status()
        return self.payments(order)[0]

    def capture_call(self, payment: Mapping[str, Any], amount: object = 49900) -> httpx.Response:
        return self.http.post(f"/v1/payments/{payment['id']}/capture", json={"amount": amount, "currency": "INR"})

    def refund_call(self, payment: Mapping[str, Any], key: str = "", **body: Any) -> httpx.Response:
        headers = {"X-Refund-Idempotency": key} if key else {}
        return self.http.post(f"/v1/payments/{payment['id']}/refund", json=body, headers=headers)

    def refund(self, payment: Mapping[str, Any], key: str = "", **body: Any) -> dict[str, Any]:
        return _read(self.refund_call(payment, key, **body))

    def act(self, act: str, order: str = "att_1", **more: Any) -> httpx.Response:
        answer = self.http.post(f"/_sim/orders/{order}", json={"act": act} | more)
        self.app.pump()
        return answer

    def fault(self, fault: str, op: str, times: int = 1, **more: Any) -> None:
        self.http.post("/_sim/faults", json={"fault": fault, "op": op, "times": times} | more).raise_for_status()

    def ledger(self) -> dict[str, Any]:
        return self.get("/_sim/ledger")

    # The payer's browser.

    def page(self, order: Mapping[str, Any], limits: str = "~~") -> str:
        return f"/v1/checkout/page/{order['id']}~{limits}"

    def choose(self, order: Mapping[str, Any], instrument: str, limits: str = "~~") -> httpx.Response:
        form = {"act": "pay", "instrument": instrument}
        answer = self.browser.post(self.page(order, limits), data=form)
        self.app.pump()
        return answer


def description(answer: httpx.Response) -> str:
    text: str = answer.json()["error"]["description"]
    return text


def _read(answer: httpx.Response) -> dict[str, Any]:
    read: dict[str, Any] = answer.raise_for_status().json()
    return read
