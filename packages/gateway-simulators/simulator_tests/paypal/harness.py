"""A merchant's server and webhook receiver around PayPal's simulator, on a clock that the test moves."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import httpx

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.outbox import Outbox
from gateway_simulators.paypal.app import RETRY_AFTER_SECONDS, create_app
from gateway_simulators.paypal.model import PayPalModel
from gateway_simulators.paypal.settings import Settings

ORDERS, PAYMENTS = "/v2/checkout/orders", "/v2/payments"
HOUR, DAY = 3600, 86400
RETURN_URL = "http://shop.example/back?order=1"
ALL = {"Prefer": "return=representation"}


def usd(value: str, currency: str = "USD") -> dict[str, str]:
    return {"currency_code": currency, "value": value}


def order_body(custom_id: str = "att_1", intent: str = "CAPTURE", value: str = "499.00", **unit: Any) -> dict[str, Any]:
    context = {"return_url": RETURN_URL, "cancel_url": RETURN_URL, "user_action": "PAY_NOW"}
    wanted = {"amount": usd(value), "custom_id": custom_id, "invoice_id": custom_id} | unit
    source = {"paypal": {"experience_context": context}}
    return {"intent": intent, "purchase_units": [wanted], "payment_source": source}


class Harness:
    def __init__(self, settings: Settings | None = None) -> None:
        self.clock = ManualClock()
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        self.answers: list[int] = []
        self.settings = settings or Settings(webhook_url="https://shop.example/hook")
        self.model = PayPalModel(self.clock.now, random.Random(7), self.settings)
        outbox = Outbox(self.clock.now, self._post, RETRY_AFTER_SECONDS)
        self.app = create_app(self.model, outbox, sleep=lambda _: None)
        self.http = httpx.Client(transport=InProcessTransport(self.app), base_url="http://sim.test")
        self.log_in()

    def _post(self, _: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append((headers, body))
        return self.answers.pop(0) if self.answers else 200

    @property
    def events(self) -> list[str]:
        self.app.pump()
        return [json.loads(body)["event_type"] for _, body in self.got]

    def log_in(self) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def token(self, secret: str = "", grant_type: str = "client_credentials") -> httpx.Response:
        auth = httpx.BasicAuth("PAVATISIMPAYPAL", secret or self.settings.client_secret)
        return self.http.post("/v1/oauth2/token", data={"grant_type": grant_type}, auth=auth)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.app.pump()
        if seconds >= HOUR:
            self.log_in()

    def post(self, path: str, body: object = None, key: str = "", **headers: str) -> httpx.Response:
        given = {**ALL, **({"PayPal-Request-Id": key} if key else {}), **headers}
        return self.http.post(path, json={} if body is None else body, headers=given)

    def create(self, custom_id: str = "att_1", key: str = "", **more: Any) -> dict[str, Any]:
        answer = self.post(ORDERS, order_body(custom_id, **more), key).raise_for_status()
        order: dict[str, Any] = answer.json()
        return order

    def order(self, ref: str) -> dict[str, Any]:
        order: dict[str, Any] = self.http.get(f"{ORDERS}/{ref}").raise_for_status().json()
        return order

    def act(self, act: str, order: str = "att_1") -> httpx.Response:
        return self.http.post(f"/_sim/orders/{order}", json={"act": act})

    def approved(self, custom_id: str = "att_1", act: str = "pay", **more: Any) -> str:
        ref = str(self.create(custom_id, **more)["id"])
        self.act(act, custom_id).raise_for_status()
        return ref

    def captured(self, custom_id: str = "att_1", **more: Any) -> str:
        """Returns the capture's id."""
        ref = self.approved(custom_id, **more)
        order = self.post(f"{ORDERS}/{ref}/capture").raise_for_status().json()
        return str(order["purchase_units"][0]["payments"]["captures"][0]["id"])

    def authorized(self, custom_id: str = "att_1", **more: Any) -> str:
        """Returns the authorization's id."""
        ref = self.approved(custom_id, intent="AUTHORIZE", **more)
        order = self.post(f"{ORDERS}/{ref}/authorize").raise_for_status().json()
        return str(order["purchase_units"][0]["payments"]["authorizations"][0]["id"])

    def refund(self, capture_ref: str, value: str = "", key: str = "", **more: Any) -> httpx.Response:
        body = ({"amount": usd(value)} if value else {}) | more
        return self.post(f"{PAYMENTS}/captures/{capture_ref}/refund", body, key)

    def ledger(self) -> dict[str, Any]:
        ledger: dict[str, Any] = self.http.get("/_sim/ledger").json()
        return ledger


def issue(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["details"][0]["issue"]
