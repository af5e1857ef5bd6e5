"""The calls of the adapter, and answers for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx

from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.terms import CaptureMode, Terms
from payments.gateways.registry import build_gateway
from payments.gateways.square.adapter import Square
from tests.gateways.fakes import FakeDeployment, Wire, a_refund, an_attempt, an_order, parts

SANDBOX = FakeDeployment(gateway_mode="sandbox", simulator_url="")
PRODUCTION = FakeDeployment(gateway_mode="production", simulator_url="")
SIMULATOR = "http://127.0.0.1:8105"
SECRET: Mapping[str, Any] = {
    "access_token": "EAAAtestToken",
    "application_id": "sandbox-sq0idb-test",
    "location_id": "L1",
    "webhook_signature_keys": ["new-key", "old-key"],
    "notification_url": "https://api.example/dev/v1/webhooks/square",
}
LIVE_SECRET = {**SECRET, "application_id": "sq0idp-live"}
USD = Money(49900, "USD")
ATTEMPT = replace(an_attempt("att_01JD3Z8Q5V7W9X1Y2Z3A4B5C6D"), gateway="square", amount=USD)
OPENED = replace(ATTEMPT, checkout_ref="ORDER1/LINK1")
DIRECT = replace(ATTEMPT, terms=Terms(source_token="cnon:card-nonce-ok"))
AUTHORIZED = replace(
    ATTEMPT,
    terms=Terms(capture=CaptureMode.MANUAL, source_token="cnon:card-nonce-ok"),
    checkout_ref="PAY1",
    payment_ref="PAY1",
)
PAID = replace(OPENED, payment_ref="PAY1")
REFUND = a_refund(PAID, 10000, "rfd_01JD3ZB1M2N3P4Q5R6S7T8V9W0")
LINK = {"id": "LINK1", "version": 1, "order_id": "ORDER1", "url": "https://sandbox.square.link/u/abc"}
Answers = Callable[[httpx.Request], httpx.Response]


def money(amount: int = 49900, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def a_payment(status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    made = {"id": "PAY1", "status": status, "amount_money": money(), "total_money": money(), "version_token": "vt1"}
    return {**made, "location_id": "L1", "order_id": "ORDER1", **more}


def an_sq_order(state: str = "OPEN", *payment_ids: str) -> dict[str, Any]:
    tenders = [{"id": each, "payment_id": each, "type": "CARD"} for each in payment_ids]
    order = {"id": "ORDER1", "location_id": "L1", "state": state, "reference_id": ATTEMPT.id, "version": 1}
    return order | ({"tenders": tenders} if tenders else {})


def a_refund_answer(status: str = "PENDING", **more: Any) -> dict[str, Any]:
    reason = f"customer_request {REFUND.id}"
    made = {"id": "PAY1_R1", "status": status, "payment_id": "PAY1", "amount_money": money(10000), "reason": reason}
    return made | more


def an_error(code: str, category: str = "INVALID_REQUEST_ERROR", **more: Any) -> dict[str, Any]:
    return {"errors": [{"category": category, "code": code, **more}]}


def answers(http_status: int = 200, **body: Any) -> Wire:
    return Wire(lambda request: httpx.Response(http_status, json=body))


def by_path(**bodies: Any) -> Wire:
    """Answers by the last part of the path."""

    def answer(request: httpx.Request) -> httpx.Response:
        body = bodies[request.url.path.rpartition("/")[2]]
        return body if isinstance(body, httpx.Response) else httpx.Response(200, json=body)

    return Wire(answer)


def a_gateway(wire: Answers, deployment: FakeDeployment = SANDBOX, secret: Mapping[str, Any] | None = None) -> Square:
    usual = LIVE_SECRET if deployment.gateway_mode == "production" else SECRET
    gateway = build_gateway(Account("square"), parts(wire, deployment, usual if secret is None else secret))
    assert isinstance(gateway, Square)
    return gateway


def response(wire: Wire, number: int = 0) -> Any:
    return json.loads(wire.sent[number].content)


CALLS: dict[str, Callable[[Square], object]] = {
    "create_checkout": lambda gateway: gateway.create_checkout(ATTEMPT, an_order()),
    "charge_token": lambda gateway: gateway.charge_token(DIRECT, an_order()),
    "fetch_link": lambda gateway: gateway.fetch_payment(OPENED),
    "fetch_charge": lambda gateway: gateway.fetch_payment(AUTHORIZED),
    "find_charge": lambda gateway: gateway.fetch_payment(DIRECT),
    "capture_payment": lambda gateway: gateway.capture_payment(AUTHORIZED, USD),
    "cancel_payment": lambda gateway: gateway.cancel_payment(OPENED),
    "cancel_unknown": lambda gateway: gateway.cancel_payment(DIRECT),
    "create_refund": lambda gateway: gateway.create_refund(REFUND, PAID),
    "fetch_refund": lambda gateway: gateway.fetch_refund(replace(REFUND, refund_ref="PAY1_R1"), PAID),
    "find_refund": lambda gateway: gateway.fetch_refund(REFUND, PAID),
}
ADDRESSES = {
    "create_checkout": ("POST", "/v2/online-checkout/payment-links"),
    "charge_token": ("POST", "/v2/payments"),
    "fetch_link": ("GET", "/v2/orders/ORDER1"),
    "fetch_charge": ("GET", "/v2/payments/PAY1"),
    "find_charge": ("GET", "/v2/payments"),
    "capture_payment": ("GET", "/v2/payments/PAY1"),
    "cancel_payment": ("GET", "/v2/orders/ORDER1"),
    "cancel_unknown": ("POST", "/v2/payments/cancel"),
    "create_refund": ("POST", "/v2/refunds"),
    "fetch_refund": ("GET", "/v2/refunds/PAY1_R1"),
    "find_refund": ("GET", "/v2/payments/PAY1"),
}
WRITES = ("create_checkout", "charge_token", "cancel_unknown", "create_refund")
