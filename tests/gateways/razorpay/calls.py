"""Calls of the adapter, answers for them, and Razorpay's entities, written by its documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx

from payments.domain.records.payment import Attempt, Customer
from payments.domain.values.account import Account
from payments.domain.values.terms import CaptureMode, MethodType, Terms
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.razorpay.adapter import Razorpay
from payments.gateways.registry import build_gateway
from tests.gateways.fakes import FakeDeployment, StillClock, a_refund, an_attempt, an_order, parts

SANDBOX = FakeDeployment(gateway_mode="sandbox", simulator_url="")
PRODUCTION = FakeDeployment(gateway_mode="production", simulator_url="")
ORIGIN = "http://127.0.0.1:8102"
TEST_KEYS: Mapping[str, Any] = {
    "key_id": "rzp_test_0123456789abcd",
    "key_secret": "sim-key-secret",
    "webhook_secrets": ["sim-webhook-secret", "the-older-one"],
}
ORDER_REF, PAY_REF, QR_REF, REFUND_REF = (
    "order_SIM0000000001",
    "pay_SIM00000000001",
    "qr_SIM000000001",
    "rfnd_SIM000001",
)
ATTEMPT = replace(an_attempt(), gateway="razorpay")
OPENED = replace(ATTEMPT, checkout_ref=ORDER_REF)
PAID = replace(OPENED, payment_ref=PAY_REF)
REFUND = a_refund(PAID, 10000)
PAYER = Customer("cus_1", "Asha Rao", "asha@example.com", "+919812345678", is_mobile_e164=True)
ORDER = CheckoutDetails("https://shop.example/back", "pay_01JD0000000000000000000001", "ORD-1", 600, PAYER)


def with_terms(method: MethodType | None = None, capture: CaptureMode = CaptureMode.AUTO, months: int = 0) -> Attempt:
    return replace(ATTEMPT, terms=Terms(method_type=method, capture=capture, installments=months))


def an_order_entity(**fields: Any) -> dict[str, Any]:
    usual = {"id": ORDER_REF, "entity": "order", "amount": 49900, "currency": "INR", "receipt": ATTEMPT.id}
    return {**usual, "status": "created", "notes": [], "created_at": 1795170600} | fields


def a_payment(status: str = "captured", **fields: Any) -> dict[str, Any]:
    usual = {"id": PAY_REF, "entity": "payment", "amount": 49900, "currency": "INR", "status": status}
    is_captured = status in ("captured", "refunded")
    more = {"order_id": ORDER_REF, "captured": is_captured, "error_code": None, "created_at": 1795170610}
    return {**usual, **more} | fields


def a_failed_payment(reason: str = "card_declined", **fields: Any) -> dict[str, Any]:
    why = {"error_code": "BAD_REQUEST_ERROR", "error_reason": reason, "error_description": "It was declined."}
    return a_payment("failed", **why) | fields


def a_refund_entity(status: str = "processed", **fields: Any) -> dict[str, Any]:
    usual = {"id": REFUND_REF, "entity": "refund", "amount": 10000, "currency": "INR", "payment_id": PAY_REF}
    return {**usual, "notes": {"refund_id": REFUND.id}, "receipt": REFUND.id, "status": status} | fields


def a_qr_entity(**fields: Any) -> dict[str, Any]:
    usual = {"id": QR_REF, "entity": "qr_code", "image_url": "https://rzp.io/i/abc", "close_by": 1795171200}
    return {**usual, "notes": {"attempt_id": ATTEMPT.id}, "created_at": 1795170600} | fields


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"entity": "collection", "count": len(items), "items": list(items)}


def refusal(description: str, http_status: int = 400, **more: Any) -> httpx.Response:
    error = {"code": "BAD_REQUEST_ERROR", "description": description, "reason": "input_validation_failed"}
    return httpx.Response(http_status, json={"error": error | more})


class Wire:
    """A transport that records the requests. It returns one answer after the other, and then the last one for ever."""

    def __init__(self, *answers: httpx.Response | dict[str, Any]) -> None:
        self._answers = list(answers)
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, dict):
            return httpx.Response(200, json=answer)
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    @property
    def paths(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.sent]

    def body(self, number: int = -1) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.sent[number].content)
        return read


def a_gateway(
    wire: Callable[[httpx.Request], httpx.Response],
    deployment: FakeDeployment = SANDBOX,
    secret: Mapping[str, Any] = TEST_KEYS,
    clock: StillClock | None = None,
) -> Razorpay:
    made = build_gateway(Account("razorpay"), parts(wire, deployment, secret, clock))
    assert isinstance(made, Razorpay)
    return made


CALLS: dict[str, Callable[[Razorpay], object]] = {
    "create_checkout": lambda gateway: gateway.create_checkout(ATTEMPT, an_order()),
    "fetch_payment": lambda gateway: gateway.fetch_payment(OPENED),
    "capture_payment": lambda gateway: gateway.capture_payment(PAID, PAID.amount),
    "create_refund": lambda gateway: gateway.create_refund(REFUND, PAID),
    "fetch_refund": lambda gateway: gateway.fetch_refund(REFUND, PAID),
}
