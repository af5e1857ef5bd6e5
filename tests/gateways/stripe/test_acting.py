"""Charges, captures and voids, and the outcome if somebody else was faster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payments.domain.values.money import Money
from payments.domain.values.status import FailureCode, Status
from payments.domain.values.terms import ActionKind
from payments.gateways.contract.errors import Rejected
from tests.gateways.fakes import an_order
from tests.gateways.stripe.calls import (
    ATTEMPT,
    CAPTURED,
    DIRECT,
    INTENT,
    PAID,
    a_gateway,
    answers,
    one_by_one,
    refusal,
    sent_fields,
    session,
)


def test_a_declined_charge_is_a_charge_and_names_its_intent() -> None:
    intent = {**INTENT, "status": "requires_payment_method", "metadata": {"attempt_id": ATTEMPT.id}}
    _, body = refusal(402, "card_declined", "card_error", decline_code="insufficient_funds", payment_intent=intent)
    charge = a_gateway(answers(402, **body)).charge_token(DIRECT, an_order())
    assert (charge.ref, charge.snapshot.status) == ("pi_1", Status.FAILED)
    assert (charge.snapshot.amount, charge.snapshot.subject_id) == (Money(49900, "USD"), ATTEMPT.id)
    assert charge.snapshot.failure is not None
    assert charge.snapshot.failure.code is FailureCode.INSUFFICIENT_FUNDS
    assert charge.snapshot.failure.gateway_code == "insufficient_funds"


@pytest.mark.parametrize("error", [{}, {"payment_intent": None}, {"payment_intent": {"id": 5}}, {"type": "card_error"}])
def test_a_decline_without_an_intent_is_one_all_the_same(error: dict[str, Any]) -> None:
    charge = a_gateway(answers(402, error=error)).charge_token(DIRECT, an_order())
    assert (charge.ref, charge.snapshot.status) == ("", Status.FAILED)


def test_a_charge_that_needs_its_payer_says_where_to() -> None:
    redirect = {
        "type": "redirect_to_url",
        "redirect_to_url": {"url": "https://hooks.stripe.com/3d_secure_2/hosted?x=1"},
    }
    charge = a_gateway(answers(**INTENT, status="requires_action", next_action=redirect)).charge_token(
        DIRECT, an_order()
    )
    assert charge.snapshot.status is Status.PENDING
    assert charge.next_action.kind is ActionKind.REDIRECT
    assert charge.next_action.url == "https://hooks.stripe.com/3d_secure_2/hosted?x=1"


def test_a_charge_for_stripes_own_script_hands_it_what_it_needs() -> None:
    body = {**INTENT, "status": "requires_action", "client_secret": "pi_1_secret_x"}
    wire = answers(**body, next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {}})
    action = a_gateway(wire).charge_token(DIRECT, an_order()).next_action
    assert action.kind is ActionKind.CLIENT_SDK
    assert action.values == {
        "client_secret": "pi_1_secret_x",
        "publishable_key": "pk_test_1",
        "type": "use_stripe_sdk",
    }


AUTHORIZED = {**INTENT, "status": "requires_capture", "amount_capturable": 49900}


@pytest.mark.parametrize(
    "code", ["payment_intent_unexpected_state", "charge_already_captured", "charge_expired_for_capture"]
)
def test_a_capture_that_came_second_says_what_is_so(code: str) -> None:
    session = {"object": "checkout.session", "status": "complete", "payment_intent": CAPTURED}
    wire = one_by_one(refusal(400, code), (200, session))
    snapshot = a_gateway(wire).capture_payment(PAID, PAID.amount)
    assert (snapshot.status, snapshot.amount) == (Status.COMPLETED, Money(49900, "USD"))


def test_a_capture_of_too_much_is_rejected() -> None:
    with pytest.raises(Rejected):
        a_gateway(one_by_one(refusal(400, "amount_too_large"))).capture_payment(PAID, Money(50000, "USD"))


def test_a_capture_finds_its_intent_by_the_session() -> None:
    session = {"object": "checkout.session", "status": "complete", "payment_intent": AUTHORIZED}
    wire = one_by_one((200, session), (200, CAPTURED))
    a_gateway(wire).capture_payment(replace(PAID, payment_ref=""), Money(100, "USD"))
    assert wire.sent[1].url.path == "/v1/payment_intents/pi_1/capture"
    assert sent_fields(wire.sent[1]) == {"amount_to_capture": "100"}


CANCELLATIONS = {
    "an open session is expired": (session("open"), "/v1/checkout/sessions/cs_test_1/expire", session("expired")),
    "a session's hold is cancelled": (
        session("complete", AUTHORIZED),
        "/v1/payment_intents/pi_1/cancel",
        {**INTENT, "status": "canceled", "cancellation_reason": None},
    ),
    "a charge's challenge is cancelled": (
        {**INTENT, "status": "requires_action"},
        "/v1/payment_intents/pi_1/cancel",
        {**INTENT, "status": "canceled"},
    ),
}


@pytest.mark.parametrize(("found", "path", "after"), CANCELLATIONS.values(), ids=CANCELLATIONS)
def test_what_is_open_or_authorized_is_cancelled(found: Any, path: str, after: Any) -> None:
    wire = one_by_one((200, found), (200, after))
    assert a_gateway(wire).cancel_payment(PAID).status is Status.CANCELLED
    assert wire.sent[1].url.path == path
    assert "idempotency-key" not in wire.sent[1].headers


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (session("complete", CAPTURED), Status.COMPLETED),
        (session("expired"), Status.EXPIRED),
        (CAPTURED, Status.COMPLETED),
        ({**INTENT, "status": "canceled"}, Status.CANCELLED),
    ],
)
def test_where_nothing_is_to_be_cancelled_nothing_is_sent(found: Any, status: Status) -> None:
    wire = one_by_one((200, found))
    assert a_gateway(wire).cancel_payment(PAID).status is status
    assert len(wire.sent) == 1


def test_a_cancellation_that_the_payer_overtook_says_so() -> None:
    wire = one_by_one((200, session("open")), refusal(400), (200, session("complete", CAPTURED)))
    assert a_gateway(wire).cancel_payment(PAID).status is Status.COMPLETED
