"""Authorizing, capturing and voiding at PayPal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.errors import Rejected, Unavailable, Unsupported
from payments.gateways.paypal.adapter import PayPal
from tests.gateways.fakes import NOW
from tests.gateways.paypal.calls import (
    ATTEMPT,
    AUTHORIZATION_REF,
    CAPTURE_REF,
    MANUAL,
    REFUND,
    Wire,
    a_capture,
    a_gateway,
    a_refunded,
    an_answer,
    an_authorization,
    answers,
    in_turn,
    refused,
)

PAYMENTS = "/v2/payments"
CAPTURED = an_answer("COMPLETED", captures=[a_capture()])
AUTHORIZED_ATTEMPT = replace(MANUAL, payment_ref=AUTHORIZATION_REF)
ON_REVIEW = an_answer("COMPLETED", "AUTHORIZE", authorizations=[an_authorization()])


def test_an_approved_order_is_captured_in_full_without_a_body() -> None:
    wire = answers(201, **CAPTURED)
    snapshot = a_gateway(wire).capture_payment(ATTEMPT, ATTEMPT.amount)
    assert (snapshot.status, snapshot.ref, snapshot.amount) == (Status.COMPLETED, CAPTURE_REF, ATTEMPT.amount)
    assert wire.body == {}
    with pytest.raises(Unsupported, match="in full"):
        a_gateway(wire).capture_payment(ATTEMPT, Money(100, "USD"))


@pytest.mark.parametrize(("minor", "value"), [(49900, "499.00"), (10000, "100.00")])
def test_an_authorization_is_captured_by_its_own_ref_and_for_the_last_time(minor: int, value: str) -> None:
    amount = {"currency_code": "USD", "value": value}
    wire = in_turn((200, ON_REVIEW), (201, a_capture(amount=amount)))
    snapshot = a_gateway(wire).capture_payment(MANUAL, Money(minor, "USD"))
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, Money(minor, "USD"))
    sent = wire.sent[-1]
    assert sent.url.path == f"{PAYMENTS}/authorizations/{AUTHORIZATION_REF}/capture"
    assert sent.headers["paypal-request-id"] == f"{ATTEMPT.id}-c{minor}"
    assert wire.body == {"amount": amount, "final_capture": True, "invoice_id": ATTEMPT.id}


DECLINED_CAPTURES = {
    "refused for want of funds": refused("PAYER_CANNOT_PAY"),
    "declined by the bank": (201, a_capture("DECLINED", processor_response={"response_code": "5120"})),
}


@pytest.mark.parametrize("response", DECLINED_CAPTURES.values(), ids=DECLINED_CAPTURES)
def test_a_capture_that_is_declined_leaves_the_authorization_open(response: tuple[int, dict[str, Any]]) -> None:
    with pytest.raises(Rejected, match="still open") as raised:
        a_gateway(in_turn((200, ON_REVIEW), response, (200, ON_REVIEW))).capture_payment(
            AUTHORIZED_ATTEMPT, MANUAL.amount
        )
    assert raised.value.code in ("PAYER_CANNOT_PAY", "5120")


def test_a_new_capture_request_has_a_new_id() -> None:
    keys = []
    for requested_at in (NOW, NOW, NOW + timedelta(hours=1)):
        wire = in_turn((200, ON_REVIEW), (201, a_capture()))
        a_gateway(wire).capture_payment(replace(AUTHORIZED_ATTEMPT, capture_requested_at=requested_at), MANUAL.amount)
        keys.append(wire.sent[-1].headers["paypal-request-id"])
    assert keys[0] == keys[1] != keys[2]
    assert all(key.startswith(f"{ATTEMPT.id}-c49900-") for key in keys)


def test_a_capture_that_is_declined_with_its_authorization_has_failed() -> None:
    denied = an_answer("COMPLETED", "AUTHORIZE", authorizations=[an_authorization("DENIED")])
    wire = in_turn((200, ON_REVIEW), refused("AUTHORIZATION_DENIED"), (200, denied))
    assert a_gateway(wire).capture_payment(AUTHORIZED_ATTEMPT, MANUAL.amount).status is Status.FAILED


def test_a_capture_on_its_own_that_is_pending_is_in_progress() -> None:
    wire = in_turn((200, ON_REVIEW), (201, a_capture("PENDING", status_details={"reason": "ECHECK"})))
    snapshot = a_gateway(wire).capture_payment(AUTHORIZED_ATTEMPT, MANUAL.amount)
    assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, True)


def test_an_authorization_that_is_no_more_is_not_captured() -> None:
    voided = an_answer("COMPLETED", "AUTHORIZE", authorizations=[an_authorization("VOIDED")])
    wire = in_turn((200, voided), (200, voided))
    assert a_gateway(wire).capture_payment(MANUAL, MANUAL.amount).status is Status.CANCELLED
    assert {sent.method for sent in wire.sent} == {"GET"}


SETTLED = [
    "ORDER_NOT_APPROVED", "ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_AUTHORIZED", "ORDER_ALREADY_COMPLETED",
    "ORDER_COMPLETED_OR_VOIDED", "AUTHORIZATION_ALREADY_CAPTURED", "AUTHORIZATION_VOIDED",
    "AUTHORIZATION_ALREADY_VOIDED", "PREVIOUSLY_CAPTURED", "PREVIOUSLY_VOIDED", "RESOURCE_NOT_FOUND",
    "INVALID_RESOURCE_ID",
]  # fmt: skip


@pytest.mark.parametrize("issue", SETTLED)
def test_an_order_that_is_captured_already_is_fetched(issue: str) -> None:
    wire = in_turn(refused(issue), (200, CAPTURED))
    assert a_gateway(wire).capture_payment(ATTEMPT, ATTEMPT.amount).status is Status.COMPLETED
    assert [sent.method for sent in wire.sent] == ["POST", "GET"]


def test_an_order_that_is_authorized_already_is_fetched() -> None:
    wire = in_turn(refused("ORDER_ALREADY_AUTHORIZED"), (200, ON_REVIEW))
    assert a_gateway(wire).authorize_payment(MANUAL).status is Status.AUTHORIZED


DECLINES = [
    ("INSTRUMENT_DECLINED", FailureCode.DECLINED),
    ("PAYER_CANNOT_PAY", FailureCode.DECLINED),
    ("TRANSACTION_REFUSED", FailureCode.DECLINED),
    ("PAYER_ACTION_REQUIRED", FailureCode.AUTHENTICATION_FAILED),
    ("TRANSACTION_LIMIT_EXCEEDED", FailureCode.LIMIT_EXCEEDED),
    ("COMPLIANCE_VIOLATION", FailureCode.SUSPECTED_FRAUD),
    ("PAYEE_ACCOUNT_RESTRICTED", FailureCode.REJECTED),
]


@pytest.mark.parametrize(("issue", "code"), DECLINES)
def test_a_decline_is_an_answer(issue: str, code: FailureCode) -> None:
    expected = Snapshot(Status.FAILED, failure=Failure(code, issue, "no"))
    assert a_gateway(in_turn(refused(issue))).capture_payment(ATTEMPT, ATTEMPT.amount) == expected
    assert a_gateway(in_turn(refused(issue))).authorize_payment(MANUAL) == expected


@pytest.mark.parametrize("issue", ["ORDER_EXPIRED", "AUTHORIZATION_EXPIRED"])
def test_what_came_too_late_is_expired(issue: str) -> None:
    assert a_gateway(in_turn(refused(issue))).capture_payment(ATTEMPT, ATTEMPT.amount).status is Status.EXPIRED


def test_a_refused_token_is_renewed_once_and_the_write_sent_once_more_under_the_same_id() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_good = request.headers["authorization"] == "Bearer tok2"
        return httpx.Response(201, json=CAPTURED) if is_good else httpx.Response(401, json={"error": "invalid_token"})

    wire = Wire(answer)
    assert a_gateway(wire).capture_payment(ATTEMPT, ATTEMPT.amount).status is Status.COMPLETED
    first, second = wire.sent
    assert first.headers["paypal-request-id"] == second.headers["paypal-request-id"] == f"{ATTEMPT.id}-c49900"
    assert first.content == second.content
    assert len(wire.token_calls) == 2


# Voiding.


SENSELESS = {
    "a hold without a ref beside money that was taken": an_answer(
        "COMPLETED", "AUTHORIZE", authorizations=[{"status": "PARTIALLY_CAPTURED"}], captures=[a_capture()]
    ),
    "a capture without a status beside money that was taken": an_answer("COMPLETED", captures=[a_capture(), {}]),
}


@pytest.mark.parametrize("order", SENSELESS.values(), ids=SENSELESS)
def test_an_order_without_sense_is_requested_again(order: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="unusable"):
        a_gateway(answers(**order)).cancel_payment(MANUAL)


@pytest.mark.parametrize("name", ["CREATED", "PENDING", "PARTIALLY_CAPTURED"])
def test_an_authorization_is_voided(name: str) -> None:
    authorized = an_answer(
        "COMPLETED", "AUTHORIZE", authorizations=[an_authorization("VOIDED", "GONE1"), an_authorization(name)]
    )
    wire = in_turn((200, authorized), (200, an_authorization("VOIDED")))
    assert a_gateway(wire).cancel_payment(MANUAL).status is Status.CANCELLED
    sent = wire.sent[-1]
    assert sent.url.path == f"{PAYMENTS}/authorizations/{AUTHORIZATION_REF}/void"
    assert sent.headers["paypal-request-id"] == f"{ATTEMPT.id}-x"


def test_a_void_without_a_body_is_a_void() -> None:
    waiting = [httpx.Response(200, json=ON_REVIEW), httpx.Response(204)]
    assert a_gateway(Wire(lambda request: waiting.pop(0))).cancel_payment(MANUAL).status is Status.CANCELLED


UNPAID = ("CREATED", "SAVED", "PAYER_ACTION_REQUIRED", "APPROVED", "VOIDED")


@pytest.mark.parametrize("order", [*map(an_answer, UNPAID), an_answer("APPROVED", "AUTHORIZE")])
def test_an_order_without_an_authorization_is_closed_without_a_call_to_paypal(order: dict[str, Any]) -> None:
    wire = answers(**order)
    assert a_gateway(wire).cancel_payment(ATTEMPT) == Snapshot(Status.CANCELLED)
    assert {sent.method for sent in wire.sent} == {"GET"}


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (CAPTURED, Status.COMPLETED),
        (an_answer("COMPLETED", captures=[a_capture("PENDING")]), Status.PENDING),
        (an_answer("COMPLETED", captures=[a_capture("DECLINED")]), Status.FAILED),
        (an_answer("COMPLETED"), Status.PENDING),
    ],
)
def test_money_that_was_captured_or_is_on_its_way_is_not_voided(order: dict[str, Any], status: Status) -> None:
    assert a_gateway(answers(**order)).cancel_payment(replace(ATTEMPT, payment_ref="")).status is status


@pytest.mark.parametrize("issue", ["PREVIOUSLY_CAPTURED", "AUTHORIZATION_ALREADY_CAPTURED"])
def test_an_authorization_that_was_captured_meanwhile_is_completed(issue: str) -> None:
    captured = an_answer(
        "COMPLETED", "AUTHORIZE", authorizations=[an_authorization("CAPTURED")], captures=[a_capture()]
    )
    wire = in_turn((200, ON_REVIEW), refused(issue), (200, captured))
    assert a_gateway(wire).cancel_payment(MANUAL).status is Status.COMPLETED


@pytest.mark.parametrize(
    "act",
    [
        lambda gateway, attempt: gateway.capture_payment(attempt, attempt.amount),
        lambda gateway, attempt: gateway.fetch_payment(attempt),
    ],
    ids=["capture", "fetch"],
)
def test_of_an_order_that_we_do_not_know_nothing_is_requested(act: Callable[[PayPal, Attempt], Snapshot]) -> None:
    wire = in_turn()
    assert act(a_gateway(wire), replace(MANUAL, checkout_ref="", payment_ref="")) == Snapshot(Status.CREATED)
    assert wire.sent == []


def test_a_refund_whose_answer_leaves_our_id_out_is_the_one_that_we_requested() -> None:
    wire = answers(201, **(a_refunded() | {"custom_id": None}))
    assert a_gateway(wire).create_refund(REFUND, ATTEMPT).subject_id == REFUND.id
