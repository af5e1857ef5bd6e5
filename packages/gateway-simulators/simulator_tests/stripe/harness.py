"""A merchant's server and webhook receiver around Stripe's simulator, on a clock that the test moves."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import httpx

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.outbox import Outbox
from gateway_simulators.stripe.app import create_app
from gateway_simulators.stripe.model import StripeModel
from gateway_simulators.stripe.settings import Settings

HOOK = "https://shop.example/hook"
BACK = "https://shop.example/back?order=1"
VISA = "pm_card_visa"


class Harness:
    def __init__(self, settings: Settings | None = None) -> None:
        self.clock = ManualClock()
        self.posted: list[tuple[Mapping[str, str], bytes]] = []
        self.slept: list[float] = []
        self.model = StripeModel(self.clock.now, random.Random(7), settings or Settings(webhook_url=HOOK))
        self.app = create_app(self.model, Outbox(self.clock.now, self._receive), sleep=self.slept.append)
        key = {"Authorization": "Bearer sk_test_simulator"}
        self.http = httpx.Client(transport=InProcessTransport(self.app), base_url="http://sim.test", headers=key)

    @property
    def events(self) -> list[str]:
        """The events received, by type."""
        self.app.pump()
        return [str(json.loads(body)["type"]) for _, body in self.posted]

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.app.pump()

    def post_call(self, path: str, key: str = "", **fields: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post(f"/v1/{path}", data=fields, headers=headers)

    def post(self, path: str, key: str = "", **fields: Any) -> dict[str, Any]:
        answer = self.post_call(path, key, **fields)
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    def refused(self, path: str, key: str = "", **fields: Any) -> dict[str, Any]:
        answer = self.post_call(path, key, **fields)
        assert answer.status_code >= 400, answer.text
        error: dict[str, Any] = answer.json()["error"]
        return error | {"http": answer.status_code}

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.http.get(f"/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    def charge_call(self, method: str = VISA, key: str = "", **more: Any) -> httpx.Response:
        return self.post_call("payment_intents", key, **charge_fields(method, **more))

    def charge(self, method: str = VISA, **more: Any) -> dict[str, Any]:
        return self.post("payment_intents", **charge_fields(method, **more))

    def authorize(self, method: str = VISA) -> dict[str, Any]:
        return self.charge(method, capture_method="manual")

    def open(self, reference: str = "att_1", **more: Any) -> dict[str, Any]:
        return self.post("checkout/sessions", **session_fields(reference, **more))

    def session(self, session: Mapping[str, Any]) -> dict[str, Any]:
        return self.get(f"checkout/sessions/{session['id']}", **{"expand[]": "payment_intent"})

    def act(self, act: str, order: str = "att_1", **more: Any) -> httpx.Response:
        return self.control(f"orders/{order}", act=act, **more)

    def fault(self, fault: str, op: str, **more: Any) -> None:
        self.control("faults", fault=fault, op=op, **more).raise_for_status()

    def control(self, path: str, **body: Any) -> httpx.Response:
        answer = self.http.post(f"/_sim/{path}", json=body)
        self.app.pump()
        return answer

    def ledger(self) -> dict[str, Any]:
        read: dict[str, Any] = self.http.get("/_sim/ledger").json()
        return read

    def _receive(self, _: str, headers: Mapping[str, str], body: bytes) -> int:
        self.posted.append((headers, body))
        return 200


def charge_fields(method: str = VISA, **more: Any) -> dict[str, Any]:
    fields = {"amount": 49900, "currency": "usd", "payment_method": method, "confirm": "true", "return_url": BACK}
    given = {**fields, "metadata[attempt_id]": "att_1", **more}
    return {name: value for name, value in given.items() if value is not None}


def session_fields(reference: str = "att_1", **more: Any) -> dict[str, Any]:
    price = "line_items[0][price_data]"
    fields = {
        "mode": "payment",
        f"{price}[currency]": "usd",
        f"{price}[unit_amount]": "49900",
        f"{price}[product_data][name]": "Order 1",
        "line_items[0][quantity]": "1",
        "client_reference_id": reference,
        "success_url": BACK + "&s={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cart",
    }
    return {**fields, **more}
