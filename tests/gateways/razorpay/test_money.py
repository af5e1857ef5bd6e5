"""Captures and refunds: the requests, and what a refusal of them may mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import OutcomeUnknown, Rejected, Unavailable
from tests.gateways.razorpay.calls import (
    OPENED,
    PAID,
    PAY_REF,
    REFUND,
    REFUND_REF,
    TEST_KEYS,
    Wire,
    a_gateway,
    a_payment,
    a_refund_entity,
    listed,
    refusal,
)


def test_a_capture_names_the_whole_amount() -> None:
    wire = Wire(a_payment())
    snapshot = a_gateway(wire).capture_payment(PAID, PAID.amount)
    assert (snapshot.status, snapshot.amount, snapshot.ref) == (Status.COMPLETED, Money(49900, "INR"), PAY_REF)
    assert wire.body() == {"amount": 49900, "currency": "INR"}


@pytest.mark.parametrize("text", ["This payment has already been captured", "the order is already paid", "refunded"])
def test_what_was_captured_before_is_reported_to_be_so(text: str) -> None:
    wire = Wire(refusal(text), listed(a_payment()))
    assert a_gateway(wire).capture_payment(PAID, PAID.amount).status is Status.COMPLETED


@pytest.mark.parametrize("found", [[a_payment("authorized")], [a_payment("created")], []])
def test_what_is_still_authorized_or_open_was_refused_for_good(found: list[dict[str, Any]]) -> None:
    wire = Wire(refusal("Capture amount must be equal to the amount authorized"), listed(*found))
    with pytest.raises(Rejected) as raised:
        a_gateway(wire).capture_payment(PAID, Money(100, "INR"))
    assert (raised.value.code, raised.value.http_status) == ("input_validation_failed", 400)


def test_a_capture_without_a_reference_finds_what_is_authorized() -> None:
    wire = Wire(listed(a_payment("authorized")), a_payment())
    assert a_gateway(wire).capture_payment(OPENED, OPENED.amount).status is Status.COMPLETED
    assert wire.paths[1] == f"POST /v1/payments/{PAY_REF}/capture"
    failed = Wire(listed(a_payment("failed")))
    assert a_gateway(failed).capture_payment(OPENED, OPENED.amount).status is Status.FAILED
    assert len(failed.sent) == 1


def test_a_refund_goes_under_its_own_id() -> None:
    wire = Wire(a_refund_entity("pending"))
    snapshot = a_gateway(wire).create_refund(REFUND, PAID)
    assert (snapshot.status, snapshot.ref, snapshot.subject_id) == (Status.PROCESSING, REFUND_REF, REFUND.id)
    assert wire.sent[0].headers["x-refund-idempotency"] == REFUND.id
    assert wire.body() == {
        "amount": 10000,
        "speed": "normal",
        "receipt": REFUND.id,
        "notes": {"refund_id": REFUND.id, "payment_id": REFUND.payment_id},
    }


def test_the_secret_may_ask_for_fast_refunds() -> None:
    wire = Wire(a_refund_entity())
    a_gateway(wire, secret={**TEST_KEYS, "speed": "optimum"}).create_refund(REFUND, PAID)
    assert wire.body()["speed"] == "optimum"


def test_a_refund_is_fetched_by_its_reference_where_we_have_one() -> None:
    wire = Wire(a_refund_entity())
    assert a_gateway(wire).fetch_refund(replace(REFUND, refund_ref=REFUND_REF), PAID).status is Status.COMPLETED
    assert wire.paths == [f"GET /v1/refunds/{REFUND_REF}"]


@pytest.mark.parametrize("ours", [{"notes": []}, {"receipt": None}])
def test_a_refund_is_found_among_those_of_its_payment(ours: dict[str, Any]) -> None:
    other = a_refund_entity(id="rfnd_1", notes=[], receipt=None)
    wire = Wire(listed(other, a_refund_entity("failed", **ours)))
    assert a_gateway(wire).fetch_refund(REFUND, PAID).status is Status.FAILED
    assert a_gateway(Wire(listed(other))).fetch_refund(REFUND, PAID) == Snapshot(Status.CREATED)


def test_without_a_payment_there_is_nothing_to_refund() -> None:
    wire = Wire(a_refund_entity())
    with pytest.raises(Rejected, match="no payment"):
        a_gateway(wire).create_refund(REFUND, OPENED)
    assert a_gateway(wire).fetch_refund(REFUND, OPENED) == Snapshot(Status.CREATED)
    assert wire.sent == []


SAME_KEY = [
    (409, "Another request with the same idempotency key is still in progress."),
    (409, "Different request with the same idempotency key has already been processed."),
    (400, "Different request with the same idempotency key has already been processed."),
]


@pytest.mark.parametrize(("http_status", "text"), SAME_KEY)
def test_a_key_in_use_is_an_answer_that_was_lost(http_status: int, text: str) -> None:
    with pytest.raises(OutcomeUnknown, match="same idempotency key"):
        a_gateway(Wire(refusal(text, http_status), listed())).create_refund(REFUND, PAID)


@pytest.mark.parametrize("text", ["The payment has been fully refunded already", *(text for _, text in SAME_KEY)])
def test_a_refund_that_is_refused_because_it_was_made_is_the_one_that_was_made(text: str) -> None:
    wire = Wire(refusal(text), listed(a_refund_entity()))
    assert a_gateway(wire).create_refund(REFUND, PAID).status is Status.COMPLETED


def test_a_refund_of_another_payment_is_garbage() -> None:
    with pytest.raises(OutcomeUnknown, match="payment_id"):
        a_gateway(Wire(a_refund_entity(payment_id="pay_other"))).create_refund(REFUND, PAID)
    with pytest.raises(Unavailable, match="payment_id"):
        a_gateway(Wire(listed(a_refund_entity(payment_id="pay_other")))).fetch_refund(REFUND, PAID)
