"""Requests to Razorpay, and the errors that its refusals become."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.status import Status
from payments.domain.values.terms import ActionKind, CaptureMode, MethodType
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unsupported
from payments.gateways.razorpay.adapter import Razorpay
from tests.gateways.fakes import NOW, FakeDeployment
from tests.gateways.razorpay.calls import (
    ATTEMPT,
    CALLS,
    ORDER,
    ORDER_REF,
    ORIGIN,
    PAY_REF,
    PRODUCTION,
    SANDBOX,
    TEST_KEYS,
    Wire,
    a_gateway,
    a_payment,
    an_order_entity,
    listed,
    refusal,
    with_terms,
)

LIVE_KEYS = {**TEST_KEYS, "key_id": "rzp_live_0123456789abcd"}
PATHS = {
    "create_checkout": "POST /v1/orders",
    "fetch_payment": f"GET /v1/orders/{ORDER_REF}/payments",
    "capture_payment": f"POST /v1/payments/{PAY_REF}/capture",
    "create_refund": f"POST /v1/payments/{PAY_REF}/refund",
    "fetch_refund": f"GET /v1/payments/{PAY_REF}/refunds",
}
API = "https://api.razorpay.com"


@pytest.mark.parametrize(
    ("deployment", "secret", "origin"),
    [(SANDBOX, TEST_KEYS, API), (PRODUCTION, LIVE_KEYS, API), (FakeDeployment(), TEST_KEYS, ORIGIN)],
    ids=["sandbox", "production", "simulator"],
)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_goes_to_its_documented_address(
    call: str, deployment: FakeDeployment, secret: dict[str, Any], origin: str
) -> None:
    wire = Wire(refusal("no"))
    with pytest.raises(Rejected):
        CALLS[call](a_gateway(wire, deployment, secret))
    sent = wire.sent[0]
    assert f"{sent.method} {sent.url.path}" == PATHS[call]
    assert str(sent.url).startswith(origin + "/v1/")
    login = b64encode(f"{secret['key_id']}:sim-key-secret".encode()).decode()
    assert sent.headers["authorization"] == f"Basic {login}"


AUTOMATIC = {
    "capture": "automatic",
    "capture_options": {"automatic_expiry_period": 4320, "manual_expiry_period": 4320, "refund_speed": "normal"},
}
MANUAL = {"capture": "manual", "capture_options": {"manual_expiry_period": 4320, "refund_speed": "normal"}}


@pytest.mark.parametrize(("mode", "capture"), [(CaptureMode.AUTO, AUTOMATIC), (CaptureMode.MANUAL, MANUAL)])
def test_an_order_carries_our_ids_and_says_when_it_is_captured(mode: CaptureMode, capture: dict[str, Any]) -> None:
    wire = Wire(an_order_entity())
    a_gateway(wire).create_checkout(with_terms(capture=mode), ORDER)
    assert wire.body() == {
        "amount": 49900,
        "currency": "INR",
        "receipt": ATTEMPT.id,
        "notes": {"attempt_id": ATTEMPT.id, "payment_id": ORDER.payment_id, "merchant_order_id": "ORD-1"},
        "payment": capture,
    }


def test_a_note_is_cut_to_razorpays_limit() -> None:
    wire = Wire(an_order_entity())
    a_gateway(wire).create_checkout(ATTEMPT, replace(ORDER, merchant_order_id="x" * 600))
    assert wire.body()["notes"]["merchant_order_id"] == "x" * 256


def test_a_checkout_hands_the_script_its_public_values() -> None:
    gateway = a_gateway(Wire(an_order_entity()), secret={**TEST_KEYS, "name": "Sahyadri Handmade"})
    checkout = gateway.create_checkout(ATTEMPT, ORDER)
    assert (checkout.ref, checkout.webhook_ref) == (ORDER_REF, ORDER_REF)
    assert checkout.next_action.kind is ActionKind.CLIENT_SDK
    assert checkout.next_action.values == {
        "script": "https://checkout.razorpay.com/v1/checkout.js",
        "key": "rzp_test_0123456789abcd",
        "order_id": ORDER_REF,
        "amount": "49900",
        "currency": "INR",
        "name": "Sahyadri Handmade",
        "description": "Order ORD-1",
        "timeout": "600",
        "retry": "false",
    }


def test_a_simulators_payer_loads_the_simulators_script() -> None:
    checkout = a_gateway(Wire(an_order_entity()), FakeDeployment()).create_checkout(ATTEMPT, ORDER)
    assert checkout.next_action.values["script"] == f"{ORIGIN}/v1/checkout.js"


@pytest.mark.parametrize("method", [MethodType.UPI, MethodType.CARD, MethodType.NETBANKING, MethodType.WALLET])
def test_a_way_to_pay_restricts_checkout(method: MethodType) -> None:
    values = a_gateway(Wire(an_order_entity())).create_checkout(with_terms(method), ORDER).next_action.values
    assert (values["method"], values.get("emi_duration")) == (method.value, None)


def test_instalments_are_emi_of_that_many_months() -> None:
    attempt = with_terms(MethodType.EMI, months=6)
    values = a_gateway(Wire(an_order_entity())).create_checkout(attempt, ORDER).next_action.values
    assert (values["method"], values["emi_duration"]) == ("emi", "6")


def test_paypal_is_not_to_be_had_here() -> None:
    wire = Wire(an_order_entity())
    with pytest.raises(Unsupported):
        a_gateway(wire).create_checkout(with_terms(MethodType.PAYPAL), ORDER)
    assert wire.sent == []


AGAIN = replace(ATTEMPT, sent_at=NOW + timedelta(seconds=40), expires_at=NOW + timedelta(seconds=640))


def test_a_repeated_create_returns_the_existing_order() -> None:
    wire = Wire(listed(an_order_entity(id="order_other", receipt="att_other"), an_order_entity()))
    assert a_gateway(wire).create_checkout(AGAIN, ORDER).ref == ORDER_REF
    assert wire.paths == ["GET /v1/orders"]
    assert wire.sent[0].url.params["receipt"] == ATTEMPT.id


def test_a_create_that_is_sent_again_makes_the_order_that_is_not_there_byte_for_byte() -> None:
    wire, first = Wire(listed(), an_order_entity()), Wire(an_order_entity())
    a_gateway(wire).create_checkout(AGAIN, ORDER)
    a_gateway(first).create_checkout(ATTEMPT, ORDER)
    assert wire.paths == ["GET /v1/orders", "POST /v1/orders"]
    assert wire.sent[1].content == first.sent[0].content


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (("created", "paid", "attempted"), 1),
        (("created", "attempted", "created"), 1),
        (("created", "created"), 1),
        (("attempted", "attempted", "created"), 1),
    ],
)
def test_of_several_orders_with_our_receipt_the_one_that_a_payer_has_been_at_counts_else_the_oldest(
    words: tuple[str, ...], chosen: int
) -> None:
    orders = [
        an_order_entity(id=f"order_{place}", status=code, created_at=1000 - place) for place, code in enumerate(words)
    ]
    wire = Wire(listed(*orders), listed(a_payment()))
    a_gateway(wire).fetch_payment(ATTEMPT)
    assert wire.paths[1] == f"GET /v1/orders/order_{chosen}/payments"


def test_an_attempt_unknown_to_razorpay_is_only_created() -> None:
    assert a_gateway(Wire(listed())).fetch_payment(ATTEMPT) == Snapshot(Status.CREATED)


@pytest.mark.parametrize("answer", [an_order_entity(receipt="att_other"), an_order_entity(id="../x"), {"id": 3}])
def test_another_order_is_garbage(answer: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown, match=r"id|receipt"):
        a_gateway(Wire(answer)).create_checkout(ATTEMPT, ORDER)


LOST: dict[str, Callable[[Razorpay], object]] = {
    name: call for name, call in CALLS.items() if not name.startswith("fetch")
}


@pytest.mark.parametrize("call", LOST)
@pytest.mark.parametrize("response", [httpx.Response(502, html="<h1>Bad gateway</h1>"), httpx.Response(204)])
def test_a_page_of_something_in_between_is_a_lost_answer(call: str, response: httpx.Response) -> None:
    with pytest.raises(OutcomeUnknown):
        LOST[call](a_gateway(Wire(response)))


def test_an_id_cannot_change_the_route() -> None:
    wire = Wire(listed())
    a_gateway(wire).fetch_payment(replace(ATTEMPT, checkout_ref="../refunds?x#y"))
    assert wire.sent[0].url.raw_path.startswith(b"/v1/orders/..%2Frefunds%3Fx%23y/payments")
