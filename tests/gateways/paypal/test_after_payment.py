"""What an order shows after its payer acted: pending money, a lapse, and refunds by others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from payments.domain.records.snapshot import ExtraCapture
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.paypal import wire
from tests.gateways.paypal.calls import (
    ATTEMPT,
    CAPTURE_REF,
    MANUAL,
    a_capture,
    a_refunded,
    an_answer,
    an_authorization,
)

FULL = Money(49900, "USD")
NOTHING = Money(0, "USD")
SECOND = "9SECOND000000000C"
UNPAID = replace(ATTEMPT, payment_ref="")


def captured(*captures: dict[str, Any], refunds: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return an_answer("COMPLETED", captures=list(captures), refunds=refunds or [])


def authorized(authorization: dict[str, Any]) -> dict[str, Any]:
    return an_answer("COMPLETED", "AUTHORIZE", authorizations=[authorization])


# In progress, or abandoned.

REASONS = (
    "ECHECK", "PENDING_REVIEW", "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION", "UNILATERAL", "OTHER",
    "TRANSACTION_APPROVED_AWAITING_FUNDING", "VERIFICATION_REQUIRED", "INTERNATIONAL_WITHDRAWAL", "BUYER_COMPLAINT",
)  # fmt: skip
IN_PROGRESS = {
    **{f"a capture: {code}": captured(a_capture("PENDING", status_details={"reason": code})) for code in REASONS},
    "a capture with a new word": captured(a_capture("HUGGED")),
    "an authorization under review": authorized(
        an_authorization("PENDING", status_details={"reason": "PENDING_REVIEW"})
    ),
    "an authorization that is captured, unseen": authorized(an_authorization("CAPTURED")),
    "an authorization with a new word": authorized(an_authorization("HUGGED")),
    "a completed order without a word of money": an_answer("COMPLETED"),
}
ABANDONED = {
    code: an_answer(code, intent)
    for code, intent in [
        ("CREATED", "CAPTURE"), ("SAVED", "CAPTURE"), ("PAYER_ACTION_REQUIRED", "CAPTURE"), ("CELEBRATED", "CAPTURE"),
        ("APPROVED", "AUTHORIZE"),
    ]
}  # fmt: skip


@pytest.mark.parametrize("answer", IN_PROGRESS.values(), ids=IN_PROGRESS)
def test_money_that_the_payer_sent_is_in_progress(answer: dict[str, Any]) -> None:
    snapshot = wire.from_order(answer, UNPAID)
    assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, True)


@pytest.mark.parametrize("answer", ABANDONED.values(), ids=ABANDONED)
def test_an_order_that_no_one_began_to_pay_is_not_in_progress(answer: dict[str, Any]) -> None:
    snapshot = wire.from_order(answer, UNPAID)
    assert (snapshot.status, snapshot.is_in_progress) == (Status.PENDING, False)


@pytest.mark.parametrize(
    "answer",
    [
        captured(a_capture()),
        captured(a_capture("DENIED")),
        authorized(an_authorization()),
        authorized(an_authorization("VOIDED")),
    ],
    ids=["completed", "denied", "authorized", "voided"],
)
def test_what_is_decided_is_not_in_progress(answer: dict[str, Any]) -> None:
    assert not wire.from_order(answer, UNPAID).is_in_progress


def test_a_pending_capture_that_is_denied_has_failed() -> None:
    for code in ("DENIED", "DECLINED", "FAILED"):
        assert wire.from_order(captured(a_capture(code)), UNPAID).status is Status.FAILED


# The honor period, and the lapse.


def test_an_authorization_is_honored_for_three_days_of_its_twenty_nine() -> None:
    snapshot = wire.from_order(authorized(an_authorization()), UNPAID)
    assert snapshot.honored_until == datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    assert snapshot.authorization_expires_at == datetime(2026, 12, 19, 10, 30, tzinfo=UTC)


def test_an_authorization_is_not_honored_after_its_end() -> None:
    short = an_authorization(expiration_time="2026-11-21T10:30:00Z")
    snapshot = wire.from_order(authorized(short), UNPAID)
    assert snapshot.honored_until == snapshot.authorization_expires_at
    undated = wire.from_order(authorized(an_authorization(create_time=None)), UNPAID)
    assert undated.honored_until is None


@pytest.mark.parametrize(
    ("ended_at", "status"),
    [
        ("2026-12-19T10:29:59Z", Status.CANCELLED),
        ("2026-12-19T10:30:00Z", Status.EXPIRED),
        ("2026-12-20T10:30:00Z", Status.EXPIRED),
        (None, Status.CANCELLED),
    ],
)
def test_an_authorization_that_lapsed_is_expired_and_one_that_somebody_voided_is_cancelled(
    ended_at: str | None, status: Status
) -> None:
    snapshot = wire.from_order(authorized(an_authorization("VOIDED", update_time=ended_at)), MANUAL)
    failure = Failure(FailureCode.EXPIRED, "VOIDED") if status is Status.EXPIRED else None
    assert (snapshot.status, snapshot.failure) == (status, failure)


# What went back.

OF_ANOTHER = {"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/{SECOND}"}
RETURNED: dict[str, tuple[str, list[dict[str, Any]], int | None]] = {
    "nothing": ("COMPLETED", [], 0),
    "a refund": ("PARTIALLY_REFUNDED", [a_refunded()], 10000),
    "a pending one": ("PARTIALLY_REFUNDED", [a_refunded("PENDING")], 10000),
    "two": ("PARTIALLY_REFUNDED", [a_refunded(), a_refunded()], 20000),
    "one that failed": ("COMPLETED", [a_refunded("FAILED")], 0),
    "one that was cancelled": ("COMPLETED", [a_refunded("CANCELLED")], 0),
    "one with a new word": ("COMPLETED", [a_refunded(), a_refunded("HUGGED")], None),
    "one that failed, and a status that lags": ("REFUNDED", [a_refunded("FAILED")], 0),
    "one of ours and one of somebody's": ("PARTIALLY_REFUNDED", [a_refunded(), a_refunded(custom_id="")], 20000),
    "one that names no capture": ("PARTIALLY_REFUNDED", [a_refunded(links=[])], 10000),
    "all, unlisted": ("REFUNDED", [], 49900),
    "all by a reversal, unlisted": ("REVERSED", [], 49900),
    "a part, unlisted": ("PARTIALLY_REFUNDED", [], None),
}


@pytest.mark.parametrize(("code", "refunds", "minor"), RETURNED.values(), ids=RETURNED)
def test_what_went_back_is_one_total(code: str, refunds: list[dict[str, Any]], minor: int | None) -> None:
    snapshot = wire.from_order(captured(a_capture(code), refunds=refunds), ATTEMPT)
    returned = None if minor is None else Money(minor, "USD")
    assert (snapshot.status, snapshot.amount, snapshot.returned) == (Status.COMPLETED, FULL, returned)


def test_of_several_captures_each_has_its_own_refunds() -> None:
    captures = (a_capture("PARTIALLY_REFUNDED"), a_capture("REFUNDED", SECOND))
    refunds = [a_refunded(), a_refunded(links=[OF_ANOTHER]), a_refunded(links=[OF_ANOTHER])]
    answer = captured(*captures, refunds=refunds)
    for ref, minor in ((CAPTURE_REF, 10000), (SECOND, 20000)):
        assert wire.from_order(answer, replace(ATTEMPT, payment_ref=ref)).returned == Money(minor, "USD")


def test_of_several_captures_a_refund_that_names_none_leaves_the_total_open() -> None:
    refunds = [a_refunded(), a_refunded(links=[])]
    answer = captured(a_capture("PARTIALLY_REFUNDED"), a_capture(ref=SECOND), refunds=refunds)
    assert wire.from_order(answer, ATTEMPT).returned is None


def test_a_refund_in_another_currency_makes_no_sense() -> None:
    euros = a_refunded(amount={"currency_code": "EUR", "value": "100.00"})
    with pytest.raises(ValueError, match="refunds"):
        wire.from_order(captured(a_capture("PARTIALLY_REFUNDED"), refunds=[euros]), ATTEMPT)


@pytest.mark.parametrize(
    ("status", "reason", "returned"),
    [
        ("DENIED", "OTHER", FULL),
        ("DECLINED", "REFUNDED", FULL),
        ("FAILED", "OTHER", FULL),
        ("DENIED", "CHARGEBACK", NOTHING),
        ("REVERSED", "BUYER_COMPLAINT", NOTHING),
        ("PENDING", "BUYER_COMPLAINT", NOTHING),
    ],
)
def test_a_booked_capture_stays_completed(status: str, reason: str, returned: Money) -> None:
    """A dispute's movement is in the dispute, not in the order's total."""
    answer = captured(a_capture(status, status_details={"reason": reason}))
    snapshot = wire.from_order(answer, ATTEMPT)
    assert (snapshot.status, snapshot.amount, snapshot.ref, snapshot.returned) == (
        Status.COMPLETED, FULL, CAPTURE_REF, returned,
    )  # fmt: skip


def test_a_booked_capture_stays_first_beside_another() -> None:
    answer = captured(a_capture(ref=SECOND), a_capture("DENIED"))
    snapshot = wire.from_order(answer, ATTEMPT)
    assert (snapshot.ref, snapshot.returned, snapshot.extra_captures) == (
        CAPTURE_REF,
        FULL,
        (ExtraCapture(SECOND, FULL),),
    )


def test_an_answer_with_the_capture_alone_has_no_total() -> None:
    assert wire.from_capture(a_capture(), UNPAID).returned is None


def test_a_refund_that_completed_and_came_back_has_failed() -> None:
    for code in ("FAILED", "CANCELLED"):
        snapshot = wire.from_refund(a_refunded(code))
        assert (snapshot.status, snapshot.failure) == (Status.FAILED, Failure(FailureCode.DECLINED, code))
