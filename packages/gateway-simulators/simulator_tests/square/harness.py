"""A merchant's server and webhook receiver around the simulator, in one process, on a clock that the test moves."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import httpx

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.outbox import Outbox
from gateway_simulators.square.app import create_app
from gateway_simulators.square.model import SquareModel
from gateway_simulators.square.settings import Settings

HOOK = "https://shop.example/hook"
PAYMENTS, REFUNDS, LINKS = "/v2/payments", "/v2/refunds", "/v2/online-checkout/payment-links"


def usd(amount: object) -> dict[str, object]:
    return {"amount": amount, "currency": "USD"}


class Shop:
    def __init__(self, **habits: Any) -> None:
        self.settings = Settings(webhook_url=HOOK, **habits)
        self.clock = ManualClock()
        self.slept: list[float] = []
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        self.model = SquareModel(self.clock.now, random.Random(7), self.settings)
        self.app = create_app(self.model, Outbox(self.clock.now, self._receive), sleep=self.slept.append)
        headers = {"Authorization": f"Bearer {self.settings.access_token}", "Square-Version": "2026-09-16"}
        self.http = httpx.Client(transport=InProcessTransport(self.app), base_url="http://sim.test", headers=headers)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.app.pump()

    def charge_call(self, key: str = "att_1", source: str = "cnon:card-nonce-ok", **more: Any) -> httpx.Response:
        body = {"source_id": source, "idempotency_key": key, "amount_money": usd(1000), "reference_id": key}
        return self.http.post(PAYMENTS, json=body | {"location_id": self.settings.location_id} | more)

    def charge(self, key: str = "att_1", source: str = "cnon:card-nonce-ok", **more: Any) -> dict[str, Any]:
        payment: dict[str, Any] = self.charge_call(key, source, **more).raise_for_status().json()["payment"]
        return payment

    def payment(self, payment_id: str) -> dict[str, Any]:
        payment: dict[str, Any] = self.http.get(f"{PAYMENTS}/{payment_id}").raise_for_status().json()["payment"]
        return payment

    def refund_call(self, payment_id: str, key: str = "rfd_1", amount: object = 300, **more: Any) -> httpx.Response:
        body = {"idempotency_key": key, "payment_id": payment_id, "amount_money": usd(amount), "reason": f"x {key}"}
        return self.http.post(REFUNDS, json=body | more)

    def refund(self, payment_id: str, key: str = "rfd_1", amount: int = 300) -> dict[str, Any]:
        refund: dict[str, Any] = self.refund_call(payment_id, key, amount).raise_for_status().json()["refund"]
        return refund

    def link_call(self, key: str = "att_1", **more: Any) -> httpx.Response:
        item = {"name": "Bag", "quantity": "1", "base_price_money": usd(1000)}
        order = {"location_id": self.settings.location_id, "reference_id": key, "line_items": [item]}
        body = {"idempotency_key": key, "order": order, "checkout_options": {"redirect_url": "https://shop.example/b"}}
        return self.http.post(LINKS, json=body | more)

    def link(self, key: str = "att_1") -> dict[str, Any]:
        link: dict[str, Any] = self.link_call(key).raise_for_status().json()["payment_link"]
        return link

    def order(self, order_id: str) -> dict[str, Any]:
        order: dict[str, Any] = self.http.get(f"/v2/orders/{order_id}").raise_for_status().json()["order"]
        return order

    def act(self, act: str, order: str = "att_1", **more: Any) -> httpx.Response:
        answer = self.http.post(f"/_sim/orders/{order}", json={"act": act} | more)
        self.app.pump()
        return answer

    def fault(self, fault: str, op: str, times: int = 1, **more: Any) -> None:
        self.http.post("/_sim/faults", json={"fault": fault, "op": op, "times": times} | more).raise_for_status()

    def ledger(self) -> dict[str, Any]:
        read: dict[str, Any] = self.http.get("/_sim/ledger").json()
        return read

    def events(self) -> list[tuple[str, str]]:
        """(type, status) of each event received."""
        self.app.pump()
        bodies = [json.loads(body) for _, body in self.got]
        return [(body["type"], body["data"]["object"][body["data"]["type"]]["status"]) for body in bodies]

    def _receive(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append((headers, body))
        return 200


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["errors"][0]["code"]
