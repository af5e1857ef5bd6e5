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
from gateway_simulators.phonepe.app import create_app
from gateway_simulators.phonepe.model import PhonePeModel
from gateway_simulators.phonepe.settings import Settings

CREDENTIALS = {
    "client_id": "PAVATISIM",
    "client_secret": "sim-client-secret",
    "client_version": "1",
    "grant_type": "client_credentials",
}
PG = "/apis/pg-sandbox"
RETURN_URL = "http://shop.example/back?order=1"


@dataclass(frozen=True, slots=True)
class Received:
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return str(json.loads(self.body)["event"])

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.body)["payload"]
        return payload


@dataclass(slots=True)
class Receiver:
    """The merchant's webhook address. It answers 200 unless a test sets another answer or an action."""

    got: list[Received] = field(default_factory=list)
    answers: list[int | OSError] = field(default_factory=list)
    on_call: Callable[[], None] = lambda: None

    def post(self, _: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append(Received(headers, body))
        self.on_call()
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, OSError):
            raise answer
        return answer

    @property
    def events(self) -> list[str]:
        return [received.event for received in self.got]


class Harness:
    def __init__(self, settings: Settings | None = None) -> None:
        self.clock = ManualClock()
        self.slept: list[float] = []
        self.receiver = Receiver()
        self.model = PhonePeModel(
            self.clock.now, random.Random(7), settings or Settings(webhook_url="https://shop.example/hook")
        )
        outbox = Outbox(self.clock.now, self.receiver.post)
        self.app = create_app(self.model, outbox, sleep=self.slept.append)
        self.http = httpx.Client(transport=InProcessTransport(self.app), base_url="http://sim.test")
        self.log_in()

    def log_in(self) -> None:
        token = self.http.post(f"{PG}/v1/oauth/token", data=CREDENTIALS).json()["access_token"]
        self.http.headers["Authorization"] = f"O-Bearer {token}"

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.app.pump()
        if seconds >= 3600:
            self.log_in()

    def pay_call(self, order: str = "att_1", amount: object = 49900, **more: Any) -> httpx.Response:
        flow = {"type": "PG_CHECKOUT", "merchantUrls": {"redirectUrl": RETURN_URL}}
        body = {"merchantOrderId": order, "amount": amount, "paymentFlow": flow} | more
        return self.http.post(f"{PG}/checkout/v2/pay", json=body)

    def status_call(self, order: str = "att_1", query: str = "") -> httpx.Response:
        return self.http.get(f"{PG}/checkout/v2/order/{order}/status{query}")

    def status(self, order: str = "att_1", query: str = "") -> dict[str, Any]:
        answer: dict[str, Any] = self.status_call(order, query).raise_for_status().json()
        return answer

    def refund_call(self, refund: str = "rfd_1", amount: object = 10000, order: str = "att_1") -> httpx.Response:
        body = {"merchantRefundId": refund, "originalMerchantOrderId": order, "amount": amount}
        return self.http.post(f"{PG}/payments/v2/refund", json=body)

    def refund_status(self, refund: str = "rfd_1") -> dict[str, Any]:
        answer = self.http.get(f"{PG}/payments/v2/refund/{refund}/status").raise_for_status()
        read: dict[str, Any] = answer.json()
        return read

    def act(self, act: str, order: str = "att_1", **more: Any) -> httpx.Response:
        answer = self.http.post(f"/_sim/orders/{order}", json={"act": act} | more)
        self.app.pump()
        return answer

    def fault(self, fault: str, op: str, times: int = 1, **more: Any) -> None:
        self.http.post("/_sim/faults", json={"fault": fault, "op": op, "times": times} | more).raise_for_status()

    def ledger(self) -> dict[str, Any]:
        read: dict[str, Any] = self.http.get("/_sim/ledger").json()
        return read

    def paid_order(self, order: str = "att_1", amount: int = 49900) -> None:
        self.pay_call(order, amount).raise_for_status()
        self.act("pay", order).raise_for_status()
