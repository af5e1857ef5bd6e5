"""Calls of the adapter, its secret, and PayPal's answers written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from payments.domain.records.payment import Attempt
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.terms import CaptureMode, Terms
from payments.gateways.paypal.adapter import PayPal
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import NOW, FakeDeployment, StillClock, a_refund, an_attempt, an_order, parts

SECRET: Mapping[str, Any] = {
    "client_id": "PAVATISIMPAYPAL",
    "client_secret": "sim-paypal-secret",
    "webhook_id": "5SIM000000000000W",
    "merchant_id": "PAVATISIM0001",
}
SANDBOX = FakeDeployment(gateway_mode="sandbox", simulator_url="")
PRODUCTION = FakeDeployment(gateway_mode="production", simulator_url="")
BASES = {
    SANDBOX: "https://api-m.sandbox.paypal.com",
    PRODUCTION: "https://api-m.paypal.com",
    FakeDeployment(): "http://127.0.0.1:8103",
}
ORDER_REF, AUTHORIZATION_REF, CAPTURE_REF, REFUND_REF = (
    "5O190127TN364715T", "0AW2184448108334S", "3C679366HH908993F", "1JU08902781691411",
)  # fmt: skip
DISPUTE_REF = "PP-R-ABC-10104925"
PAGE = f"https://www.sandbox.paypal.com/checkoutnow?token={ORDER_REF}"

NEW = replace(an_attempt(), gateway="paypal", amount=Money(49900, "USD"))
ATTEMPT = replace(NEW, checkout_ref=ORDER_REF, payment_ref=CAPTURE_REF)
MANUAL = replace(ATTEMPT, terms=Terms(capture=CaptureMode.MANUAL))
REFUND = a_refund(ATTEMPT, 10000)
SENT = replace(REFUND, refund_ref=REFUND_REF)
UP = {"rel": "up", "href": f"https://api.sandbox.paypal.com/v2/payments/captures/{CAPTURE_REF}", "method": "GET"}
USD = {"currency_code": "USD", "value": "499.00"}

Answers = Callable[[httpx.Request], httpx.Response]


class Wire:
    """A transport that records the requests. A token is always available; `answer` answers everything else."""

    def __init__(self, answer: Answers) -> None:
        self._answer = answer
        self.sent: list[httpx.Request] = []
        self.token_calls: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/oauth2/token":
            self.token_calls.append(request)
            token = {"access_token": f"tok{len(self.token_calls)}", "expires_in": 32400, "token_type": "Bearer"}
            return httpx.Response(200, json=token)
        self.sent.append(request)
        return self._answer(request)

    @property
    def body(self) -> Any:
        return json.loads(self.sent[-1].content)


def answers(http_status: int = 200, **body: Any) -> Wire:
    return Wire(lambda request: httpx.Response(http_status, json=body))


def in_turn(*given: tuple[int, Mapping[str, Any]]) -> Wire:
    waiting = list(given)

    def answer(request: httpx.Request) -> httpx.Response:
        http_status, body = waiting.pop(0)
        return httpx.Response(http_status, json=dict(body))

    return Wire(answer)


def refused(issue: str, http_status: int = 422) -> tuple[int, dict[str, Any]]:
    body = {"name": "UNPROCESSABLE_ENTITY", "message": "no", "debug_id": "1", "details": [{"issue": issue}]}
    return http_status, body


def an_answer(status: str = "APPROVED", intent: str = "CAPTURE", **payments: list[dict[str, Any]]) -> dict[str, Any]:
    """An order as PayPal shows it."""
    unit = {
        "reference_id": "default", "amount": USD, "custom_id": ATTEMPT.id, "invoice_id": ATTEMPT.id,
        "payee": {"merchant_id": "PAVATISIM0001"},
    }  # fmt: skip
    if payments:
        unit["payments"] = payments
    return {"id": ORDER_REF, "intent": intent, "status": status, "purchase_units": [unit]}


def a_capture(status: str = "COMPLETED", ref: str = CAPTURE_REF, **more: Any) -> dict[str, Any]:
    return {"id": ref, "status": status, "amount": USD, "custom_id": ATTEMPT.id} | more


def an_authorization(status: str = "CREATED", ref: str = AUTHORIZATION_REF, **more: Any) -> dict[str, Any]:
    dates = {"create_time": "2026-11-20T10:30:00Z", "expiration_time": "2026-12-19T10:30:00Z"}
    return {"id": ref, "status": status, "amount": USD, "custom_id": ATTEMPT.id} | dates | more


def a_refunded(status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    amount = {"currency_code": "USD", "value": "100.00"}
    return {"id": REFUND_REF, "status": status, "amount": amount, "custom_id": REFUND.id, "links": [UP]} | more


def a_dispute(status: str = "OPEN", stage: str = "CHARGEBACK", **more: Any) -> dict[str, Any]:
    """A dispute as PayPal shows it; its lists show less."""
    return {
        "dispute_id": DISPUTE_REF, "create_time": "2026-11-25T08:00:00.000Z", "update_time": "2026-11-26T08:00:00.000Z",
        "disputed_transactions": [{"seller_transaction_id": CAPTURE_REF, "buyer_transaction_id": "8BUYER"}],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", "status": status, "dispute_amount": USD,
        "dispute_life_cycle_stage": stage, "seller_response_due_date": "2026-12-05T08:00:00.000Z",
    } | more  # fmt: skip


def a_gateway(
    wire: Answers,
    deployment: FakeDeployment = SANDBOX,
    secret: Mapping[str, Any] = SECRET,
    clock: StillClock | None = None,
) -> PayPal:
    gateway = build_gateway(Account("paypal"), parts(wire, deployment, secret, clock))
    assert isinstance(gateway, PayPal)
    return gateway


def capture(gateway: PayPal, attempt: Attempt = ATTEMPT) -> object:
    return gateway.capture_payment(attempt, attempt.amount)


CALLS: dict[str, Callable[[PayPal], object]] = {
    "create_checkout": lambda gateway: gateway.create_checkout(NEW, an_order()),
    "fetch_payment": lambda gateway: gateway.fetch_payment(ATTEMPT),
    "capture_payment": capture,
    "authorize_payment": lambda gateway: gateway.authorize_payment(MANUAL),
    "create_refund": lambda gateway: gateway.create_refund(REFUND, ATTEMPT),
    "fetch_refund": lambda gateway: gateway.fetch_refund(SENT, ATTEMPT),
    "find_refund": lambda gateway: gateway.fetch_refund(REFUND, ATTEMPT),
    "fetch_dispute": lambda gateway: gateway.fetch_dispute(DISPUTE_REF),
    "list_disputes": lambda gateway: gateway.list_disputes(NOW - timedelta(days=120), NOW),
}
