"""The calls of the adapter, and an answer for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import httpx

from payments.domain.records.payment import Attempt
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.terms import Terms
from payments.gateways.registry import build_gateway
from payments.gateways.stripe.adapter import Stripe
from tests.gateways.fakes import FakeDeployment, StillClock, Wire, a_refund, an_attempt, an_order, parts

SECRET: Mapping[str, Any] = {
    "secret_key": "sk_test_1",
    "publishable_key": "pk_test_1",
    "webhook_secrets": ["whsec_one"],
}
LIVE_SECRET: Mapping[str, Any] = {"secret_key": "sk_live_1", "publishable_key": "pk_live_1"}
SIMULATOR = "http://127.0.0.1:8104"
API = "https://api.stripe.com"
SANDBOX = FakeDeployment(gateway_mode="sandbox", simulator_url="")
PRODUCTION = FakeDeployment(gateway_mode="production", simulator_url="")
PAGE = "https://checkout.stripe.com/c/pay/cs_test_1#fid"

ATTEMPT = replace(an_attempt(), gateway="stripe", amount=Money(49900, "USD"))
DIRECT = replace(ATTEMPT, terms=Terms(source_token="pm_1"))
PAID = replace(ATTEMPT, checkout_ref="cs_test_1", payment_ref="pi_1")
REFUND = a_refund(PAID, 10000)


def changed(attempt: Attempt, ref: str = "", **terms: Any) -> Attempt:
    return replace(attempt, checkout_ref=ref or attempt.checkout_ref, terms=replace(attempt.terms, **terms))


def answers(http_status: int = 200, **body: Any) -> Wire:
    return Wire(lambda request: httpx.Response(http_status, json=body))


def one_by_one(*replies: tuple[int, Mapping[str, Any]]) -> Wire:
    """Each call gets the next answer."""
    waiting = list(replies)

    def answer(request: httpx.Request) -> httpx.Response:
        http_status, body = waiting.pop(0)
        return httpx.Response(http_status, json=body)

    return Wire(answer)


def refusal(http_status: int, code: str = "", kind: str = "invalid_request_error", **more: Any) -> tuple[int, Any]:
    return http_status, {"error": {"type": kind, "code": code, "message": "no", **more}}


def a_gateway(
    wire: Wire,
    deployment: FakeDeployment = SANDBOX,
    secret: Mapping[str, Any] = SECRET,
    clock: StillClock | None = None,
) -> Stripe:
    gateway = build_gateway(Account("stripe"), parts(wire, deployment, secret, clock))
    assert isinstance(gateway, Stripe)
    return gateway


def sent_fields(request: httpx.Request) -> dict[str, str]:
    text = request.content.decode() if request.method == "POST" else request.url.query.decode()
    return dict(parse_qsl(text, strict_parsing=bool(text)))


INTENT: Mapping[str, Any] = {"id": "pi_1", "object": "payment_intent", "amount": 49900, "currency": "usd"}
CAPTURED = {**INTENT, "status": "succeeded", "amount_received": 49900}


def session(status: str, intent: object = None) -> dict[str, Any]:
    return {"id": "cs_test_1", "object": "checkout.session", "status": status, "payment_intent": intent}


CALLS: dict[str, Callable[[Stripe], object]] = {
    "create_checkout": lambda gateway: gateway.create_checkout(ATTEMPT, an_order()),
    "charge_token": lambda gateway: gateway.charge_token(DIRECT, an_order()),
    "fetch_payment": lambda gateway: gateway.fetch_payment(PAID),
    "capture_payment": lambda gateway: gateway.capture_payment(PAID, PAID.amount),
    "cancel_payment": lambda gateway: gateway.cancel_payment(PAID),
    "create_refund": lambda gateway: gateway.create_refund(REFUND, PAID),
    "fetch_refund": lambda gateway: gateway.fetch_refund(REFUND, PAID),
}
WRITES = ("create_checkout", "charge_token", "capture_payment", "create_refund")
