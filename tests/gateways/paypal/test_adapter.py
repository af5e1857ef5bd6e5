"""Requests to PayPal, and the errors that its refusals become."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import cast
from urllib.parse import parse_qs

import httpx
import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import CaptureMode, MethodType, Terms
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from payments.gateways.contract.gateway import Gateway, abilities
from tests.gateways.fakes import FakeDeployment, an_order
from tests.gateways.paypal.calls import (
    ATTEMPT,
    BASES,
    CALLS,
    CAPTURE_REF,
    DISPUTE_REF,
    MANUAL,
    NEW,
    ORDER_REF,
    PAGE,
    PRODUCTION,
    REFUND,
    REFUND_REF,
    SANDBOX,
    SENT,
    USD,
    Wire,
    a_capture,
    a_gateway,
    a_refunded,
    an_answer,
    answers,
    capture,
    in_turn,
    refused,
)

ORDERS, PAYMENTS, DISPUTES = "/v2/checkout/orders", "/v2/payments", "/v1/customer/disputes"
PATHS = {
    "create_checkout": ("POST", ORDERS, ATTEMPT.id),
    "fetch_payment": ("GET", f"{ORDERS}/{ORDER_REF}", None),
    "capture_payment": ("POST", f"{ORDERS}/{ORDER_REF}/capture", f"{ATTEMPT.id}-c49900"),
    "authorize_payment": ("POST", f"{ORDERS}/{ORDER_REF}/authorize", f"{ATTEMPT.id}-a"),
    "create_refund": ("POST", f"{PAYMENTS}/captures/{CAPTURE_REF}/refund", REFUND.id),
    "fetch_refund": ("GET", f"{PAYMENTS}/refunds/{REFUND_REF}", None),
    "find_refund": ("GET", f"{ORDERS}/{ORDER_REF}", None),
    "fetch_dispute": ("GET", f"{DISPUTES}/{DISPUTE_REF}", None),
    "list_disputes": ("GET", f"{DISPUTES}?update_time_after=2026-07-23T10%3A30%3A00.000Z&page_size=10", None),
}
CREATED = {"id": ORDER_REF, "status": "PAYER_ACTION_REQUIRED", "links": [{"rel": "payer-action", "href": PAGE}]}
WRITES = [name for name, (method, _, _) in PATHS.items() if method == "POST"]
READS = [name for name, (method, _, _) in PATHS.items() if method == "GET"]


@pytest.mark.parametrize("deployment", BASES, ids=lambda deployment: deployment.gateway_mode)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_goes_to_its_documented_address_under_its_own_id(call: str, deployment: FakeDeployment) -> None:
    wire = Wire(lambda request: httpx.Response(403, json=refused("PERMISSION_DENIED")[1]))
    with pytest.raises(Rejected, match="lacks this feature"):
        CALLS[call](a_gateway(wire, deployment))
    method, path, key = PATHS[call]
    (sent,) = wire.sent
    assert (sent.method, str(sent.url)) == (method, BASES[deployment] + path)
    assert sent.headers.get("paypal-request-id") == key
    assert sent.headers.get("prefer") == ("return=representation" if key else None)
    assert sent.headers["authorization"] == "Bearer tok1"
    assert sent.headers.get("content-type") == ("application/json" if key else None)


@pytest.mark.parametrize("deployment", BASES, ids=lambda deployment: deployment.gateway_mode)
def test_the_token_is_requested_with_the_login_in_the_header(deployment: FakeDeployment) -> None:
    wire = answers(**an_answer())
    a_gateway(wire, deployment).fetch_payment(ATTEMPT)
    (wanted,) = wire.token_calls
    assert str(wanted.url) == f"{BASES[deployment]}/v1/oauth2/token"
    assert parse_qs(wanted.content.decode()) == {"grant_type": ["client_credentials"]}
    kind, _, login = wanted.headers["authorization"].partition(" ")
    assert (kind, b64decode(login)) == ("Basic", b"PAVATISIMPAYPAL:sim-paypal-secret")


def test_a_checkout_is_requested_in_full() -> None:
    wire = answers(201, **CREATED)
    checkout = a_gateway(wire).create_checkout(NEW, an_order())
    assert (checkout.ref, checkout.next_action.url, checkout.webhook_ref) == (ORDER_REF, PAGE, ORDER_REF)
    assert wire.body == {
        "intent": "CAPTURE",
        "purchase_units": [
            {"amount": USD, "custom_id": NEW.id, "invoice_id": NEW.id, "description": "Order ORD-1"},
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "return_url": "https://shop.example/back",
                    "cancel_url": "https://shop.example/back",
                    "user_action": "PAY_NOW",
                    "shipping_preference": "NO_SHIPPING",
                    "landing_page": "NO_PREFERENCE",
                    "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
                }
            }
        },
    }


@pytest.mark.parametrize(
    ("terms", "intent", "landing"),
    [
        (Terms(capture=CaptureMode.MANUAL), "AUTHORIZE", "NO_PREFERENCE"),
        (Terms(MethodType.CARD), "CAPTURE", "GUEST_CHECKOUT"),
        (Terms(MethodType.PAYPAL), "CAPTURE", "LOGIN"),
    ],
)
def test_terms_choose_the_intent_and_the_first_page(terms: Terms, intent: str, landing: str) -> None:
    wire = answers(201, **CREATED)
    a_gateway(wire).create_checkout(replace(NEW, terms=terms), an_order())
    context = wire.body["payment_source"]["paypal"]["experience_context"]
    assert (wire.body["intent"], context["landing_page"]) == (intent, landing)


def test_the_same_attempt_sent_twice_is_the_same_to_the_byte() -> None:
    wire = answers(201, **CREATED)
    gateway = a_gateway(wire)
    later = replace(NEW, sent_at=NEW.expires_at, expires_at=NEW.expires_at.replace(year=2027))
    for attempt in (NEW, later):
        gateway.create_checkout(attempt, an_order())
    one, other = wire.sent
    assert one.content == other.content
    assert one.headers["paypal-request-id"] == other.headers["paypal-request-id"] == NEW.id


@pytest.mark.parametrize("call", ["create_checkout", "create_refund"])
def test_rupees_are_rejected_before_anything_is_sent(call: str) -> None:
    wire, rupees = answers(500), Money(49900, "INR")
    attempt, refund = replace(NEW, amount=rupees), replace(REFUND, amount=rupees)
    gateway = a_gateway(wire)
    wanted: dict[str, Callable[[], object]] = {
        "create_checkout": partial(gateway.create_checkout, attempt, an_order()),
        "create_refund": partial(gateway.create_refund, refund, ATTEMPT),
    }
    with pytest.raises(Rejected, match="PayPal does not take INR"):
        wanted[call]()
    assert wire.sent == []
    assert wire.token_calls == []


ELSEWHERE = [
    "http://www.sandbox.paypal.com/checkoutnow?token=1",
    "https://www.sandbox.paypal.com.evil.example/checkoutnow",
    "https://evil-paypal.com/checkoutnow",
    "https://www.sandbox.paypal.com@evil.example/",
    "https://www.sandbox.paypal.com:8443/checkoutnow",
    "https://www.sandbox.paypal.com/check outnow",
    "javascript:alert(1)//www.sandbox.paypal.com/",
    "http://127.0.0.1:8103/checkoutnow?token=1",
    "",
    None,
    5,
]


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("deployment", [SANDBOX, PRODUCTION], ids=["sandbox", "production"])
def test_a_payer_is_sent_nowhere_else(url: object, deployment: FakeDeployment) -> None:
    wire = answers(201, **CREATED | {"links": [{"rel": "approve", "href": url}]})
    with pytest.raises(OutcomeUnknown, match="links"):
        a_gateway(wire, deployment).create_checkout(NEW, an_order())


@pytest.mark.parametrize(
    ("deployment", "url"),
    [
        (PRODUCTION, "https://www.paypal.com/checkoutnow?token=A"),
        (FakeDeployment(), "http://127.0.0.1:8103/checkoutnow"),
    ],
    ids=["production", "simulator"],
)
def test_a_payer_is_sent_to_paypal_of_the_same_mode(deployment: FakeDeployment, url: str) -> None:
    wire = answers(201, **CREATED | {"links": [{"rel": "approve", "href": url}]})
    assert a_gateway(wire, deployment).create_checkout(NEW, an_order()).next_action.url == url
    with pytest.raises(OutcomeUnknown):
        a_gateway(wire).create_checkout(NEW, an_order())


def test_without_a_ref_no_gateway_is_called() -> None:
    wire = answers(500)
    assert a_gateway(wire).fetch_payment(NEW) == Snapshot(Status.CREATED)
    assert a_gateway(wire).cancel_payment(NEW) == Snapshot(Status.CANCELLED)
    gateway = a_gateway(wire)
    takes: list[Callable[[], object]] = [partial(capture, gateway, NEW), partial(gateway.authorize_payment, NEW)]
    for take in takes:
        with pytest.raises(Rejected, match="not known"):
            take()
    with pytest.raises(Rejected, match="nothing to refund"):
        a_gateway(wire).create_refund(REFUND, NEW)
    assert wire.sent == []


def test_an_order_that_paypal_has_deleted_has_no_authorization_and_expires_by_our_clock() -> None:
    opened, manual = replace(ATTEMPT, payment_ref=""), replace(MANUAL, payment_ref="")
    gone = refused("INVALID_RESOURCE_ID", 404)
    assert a_gateway(in_turn(gone)).fetch_payment(opened) == Snapshot(Status.CREATED)
    assert a_gateway(in_turn(gone, gone)).cancel_payment(opened) == Snapshot(Status.CREATED)
    assert a_gateway(in_turn(gone, gone)).capture_payment(manual, manual.amount) == Snapshot(Status.CREATED)
    assert a_gateway(in_turn(refused("ORDER_EXPIRED"))).fetch_payment(opened) == Snapshot(Status.EXPIRED)
    with pytest.raises(Rejected):
        a_gateway(in_turn(refused("PERMISSION_DENIED", 403))).fetch_payment(opened)


@pytest.mark.parametrize("call", ["fetch_payment", "cancel_payment", "capture_payment"])
def test_no_end_follows_from_a_404_about_an_order_with_money(call: str) -> None:
    attempt = replace(MANUAL, status=Status.AUTHORIZED, payment_ref="3C679366HH908993F")
    given = (attempt, attempt.amount) if call == "capture_payment" else (attempt,)
    with pytest.raises(Rejected):  # The money is authorized or captured: the call is repeated.
        getattr(a_gateway(in_turn(refused("INVALID_RESOURCE_ID", 404))), call)(*given)


def test_a_refund_whose_order_is_gone_is_not_called_unknown() -> None:
    with pytest.raises(Rejected):
        a_gateway(in_turn(refused("INVALID_RESOURCE_ID", 404))).fetch_refund(REFUND, ATTEMPT)


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize(
    ("issue", "http_status"),
    [
        ("PREVIOUS_REQUEST_IN_PROGRESS", 409),
        ("PREVIOUS_REQUEST_IN_PROGRESS", 422),
        ("ORDER_COMPLETION_IN_PROGRESS", 422),
        ("DUPLICATE_REQUEST_ID", 422),
    ],
)
def test_what_is_being_done_has_an_unknown_outcome(call: str, issue: str, http_status: int) -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        CALLS[call](a_gateway(in_turn(refused(issue, http_status))))
    assert (raised.value.code, raised.value.http_status) == (issue, http_status)


REFUSED = [
    ("create_checkout", 400, "INVALID_PARAMETER_SYNTAX"),
    ("create_checkout", 422, "INVALID_CURRENCY_CODE"),
    ("capture_payment", 422, "DUPLICATE_INVOICE_ID"),
    ("capture_payment", 422, "MAX_CAPTURE_AMOUNT_EXCEEDED"),
    ("create_refund", 422, "CAPTURE_FULLY_REFUNDED"),
    ("create_refund", 422, "REFUND_AMOUNT_EXCEEDED"),
    ("create_refund", 422, "REFUND_TIME_LIMIT_EXCEEDED"),
    ("create_refund", 404, "INVALID_RESOURCE_ID"),
]


@pytest.mark.parametrize(("call", "http_status", "issue"), REFUSED)
def test_a_definite_refusal_is_rejected(call: str, http_status: int, issue: str) -> None:
    with pytest.raises(Rejected) as raised:
        CALLS[call](a_gateway(in_turn(refused(issue, http_status))))
    assert (raised.value.code, raised.value.http_status) == (issue, http_status)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "answer", [httpx.Response(503, text="<html>"), httpx.Response(200, json={}), httpx.Response(302)]
)
def test_an_answer_without_sense_is_lost(call: str, answer: httpx.Response) -> None:
    with pytest.raises(OutcomeUnknown if call in WRITES else Unavailable):
        CALLS[call](a_gateway(Wire(lambda request: httpx.Response(answer.status_code, content=answer.content))))


# Refunds.


def test_a_refund_carries_our_id_in_body_and_header() -> None:
    wire = answers(201, **a_refunded())
    snapshot = a_gateway(wire).create_refund(REFUND, ATTEMPT)
    assert (snapshot.status, snapshot.ref) == (Status.COMPLETED, REFUND_REF)
    assert wire.body == {"amount": {"currency_code": "USD", "value": "100.00"}, "custom_id": REFUND.id}


def test_a_refund_is_fetched_by_its_ref_else_found_in_its_order() -> None:
    assert a_gateway(answers(**a_refunded("PENDING"))).fetch_refund(SENT, ATTEMPT).status is Status.PROCESSING
    found = an_answer("COMPLETED", captures=[a_capture()], refunds=[a_refunded()])
    assert a_gateway(answers(**found)).fetch_refund(REFUND, ATTEMPT).status is Status.COMPLETED
    assert a_gateway(answers(**an_answer("COMPLETED", captures=[a_capture()]))).fetch_refund(
        REFUND, ATTEMPT
    ) == Snapshot(Status.CREATED)


def test_an_id_cannot_change_the_route() -> None:
    wire = answers(500)
    with pytest.raises(Unavailable):
        a_gateway(wire).fetch_payment(replace(ATTEMPT, checkout_ref="../../v1/x?y#z"))
    assert wire.sent[0].url.raw_path == b"/v2/checkout/orders/..%2F..%2Fv1%2Fx%3Fy%23z"


def test_what_it_can_do_and_what_a_browser_may_know() -> None:
    gateway = a_gateway(answers(500))
    able = {name for name, is_able in abilities(cast(Gateway, gateway)).items() if is_able}
    assert {"capture", "cancel", "partial_capture"} <= able
    assert "charge" not in able
    assert gateway.merchant_ref == "PAVATISIM0001"
