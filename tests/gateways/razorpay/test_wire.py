"""Razorpay's answers as our snapshots."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.razorpay import tries, wire
from payments.gateways.razorpay.requests import AUTHORIZED_FOR
from tests.gateways.razorpay.calls import (
    OPENED,
    PAID,
    PAY_REF,
    REFUND,
    REFUND_REF,
    a_failed_payment,
    a_payment,
    a_qr_entity,
    a_refund_entity,
    an_order_entity,
)

ALL = Money(49900, "INR")
AT = datetime.fromtimestamp(1795170610, UTC)
DECLINED = Failure(FailureCode.DECLINED, "card_declined", "It was declined.")
EARLIER, LATER = a_payment(id="pay_1", created_at=1795170601), a_payment(id="pay_2", created_at=1795170620)
ON_REVIEW = a_payment("authorized", id="pay_3", created_at=1795170605)
UNDER_WAY = Snapshot(Status.PENDING, is_in_progress=True)
NEVER_CAPTURED = a_payment("refunded", id="pay_4", captured=False)

SNAPSHOTS: dict[str, tuple[list[dict[str, Any]], Snapshot]] = {
    "nothing yet": ([], Snapshot(Status.PENDING)),
    "waits for the bank": ([a_payment("created")], UNDER_WAY),
    "a word nobody has seen": ([a_payment("pending_review")], UNDER_WAY),
    "authorized": (
        [a_payment("authorized")],
        Snapshot(Status.AUTHORIZED, ALL, PAY_REF, authorization_expires_at=AT + AUTHORIZED_FOR),
    ),
    "taken": ([a_payment()], Snapshot(Status.COMPLETED, ALL, PAY_REF)),
    "taken, and refunded whole": ([a_payment("refunded")], Snapshot(Status.COMPLETED, ALL, PAY_REF)),
    "declined": ([a_failed_payment()], Snapshot(Status.FAILED, failure=DECLINED)),
    "a hold that nobody captured": (
        [NEVER_CAPTURED],
        Snapshot(Status.EXPIRED, failure=Failure(FailureCode.EXPIRED, "refunded")),
    ),
    "the newest of two that failed": (
        [a_failed_payment(), a_failed_payment("payment_cancelled", id="pay_0", created_at=1795170601)],
        Snapshot(Status.FAILED, failure=DECLINED),
    ),
    "one failed, one waits": ([a_failed_payment(), a_payment("created", id="pay_1")], UNDER_WAY),
    "one failed, then one taken": ([a_failed_payment(), LATER], Snapshot(Status.COMPLETED, ALL, "pay_2")),
    "one taken, one held": ([ON_REVIEW, LATER], Snapshot(Status.COMPLETED, ALL, "pay_2")),
    "two captured": (
        [LATER, EARLIER],
        Snapshot(Status.COMPLETED, ALL, "pay_1", extra_captures=(ExtraCapture("pay_2", ALL),)),
    ),
    "three taken, of other amounts": (
        [LATER, EARLIER, a_payment(amount=100)],
        Snapshot(
            Status.COMPLETED,
            ALL,
            "pay_1",
            extra_captures=(ExtraCapture(PAY_REF, Money(100, "INR")), ExtraCapture("pay_2", ALL)),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("payments", "snapshot"), SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_all_payments_of_an_order_say_what_became_of_the_attempt(
    payments: list[dict[str, Any]], snapshot: Snapshot
) -> None:
    assert tries.from_payments(payments, OPENED) == snapshot
    assert tries.from_payments(payments[::-1], OPENED) == snapshot


def test_of_two_captured_the_recorded_one_is_the_attempts_own() -> None:
    excess = replace(OPENED, payment_ref="pay_2", is_excess=True)
    snapshot = tries.from_payments([EARLIER, LATER], excess)
    assert (snapshot.ref, snapshot.extra_captures) == ("pay_2", (ExtraCapture("pay_1", ALL),))


def test_a_recorded_payment_that_failed_gives_way_to_one_that_was_captured() -> None:
    snapshot = tries.from_payments([a_failed_payment(), LATER], PAID)
    assert (snapshot.status, snapshot.ref) == (Status.COMPLETED, "pay_2")


@pytest.mark.parametrize(
    ("payments", "is_in_progress"),
    [([], False), ([a_payment("created")], True), ([a_payment("queued")], True)],
    ids=["none", "one that waits", "one in a new word"],
)
def test_an_order_that_no_one_has_paid_is_open(payments: list[dict[str, Any]], is_in_progress: bool) -> None:
    assert tries.from_payments(payments, OPENED) == Snapshot(Status.PENDING, is_in_progress=is_in_progress)


FEE: dict[str, Any] = {"amount": 51080, "fee": 1180, "tax": 180}


@pytest.mark.parametrize("status", ["captured", "refunded", "authorized"])
def test_a_fee_that_the_payer_bore_is_apart_from_the_orders_amount(status: str) -> None:
    snapshot = tries.from_payments([a_payment(status, **FEE)], OPENED)
    assert (snapshot.amount, snapshot.fee) == (ALL, Money(1180, "INR"))


def test_the_fee_of_a_second_payment_is_not_part_of_its_amount() -> None:
    both = [a_payment(**FEE), a_payment(id="pay_2", created_at=1795170620, **FEE)]
    assert tries.from_payments(both, OPENED).extra_captures == (ExtraCapture("pay_2", ALL),)


@pytest.mark.parametrize(
    "reported",
    [
        {"amount": 51080},
        {"amount": 51080, "fee": None},
        {"amount": 51080, "fee": 1179},
        {"amount": 51080, "fee": "1180"},
        {"amount": 51080, "fee": 1180, "currency": "USD"},
        {"amount": 48720, "fee": -1180},
    ],
)
def test_a_difference_that_the_fee_does_not_explain_stays_in_the_amount(reported: dict[str, Any]) -> None:
    snapshot = tries.from_payments([a_payment(**reported)], OPENED)
    assert (snapshot.amount, snapshot.fee) == (Money(reported["amount"], reported.get("currency", "INR")), None)


def test_a_fee_that_the_merchant_bears_is_none_of_the_payers() -> None:
    snapshot = tries.from_payments([a_payment(fee=1180, tax=180)], OPENED)
    assert (snapshot.amount, snapshot.fee) == (ALL, None)


@pytest.mark.parametrize(
    ("statuses", "total"),
    [([], 0), (["pending"], 10000), (["processed", "pending"], 20000), (["failed", "reversed", "processed"], 10000)],
)
def test_refunds_under_way_count_as_gone_back_and_failed_ones_do_not(statuses: list[str], total: int) -> None:
    assert wire.from_refunds([a_refund_entity(status) for status in statuses]) == total


@pytest.mark.parametrize("fields", [{"amount": None}, {"status": None}])
def test_a_refund_without_amount_or_status_makes_no_sum(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        wire.from_refunds([a_refund_entity(**fields)])


@pytest.mark.parametrize("currency", ["USD", "JPY"])
def test_the_currency_is_theirs(currency: str) -> None:
    assert tries.from_payments([a_payment(currency=currency)], OPENED).amount == Money(49900, currency)


def test_a_currency_that_is_no_code_contradicts_ours() -> None:
    assert tries.from_payments([a_payment(currency="rupees")], OPENED).amount == Money(49900, "XXX")


FAILURES = [
    ("insufficient_funds", FailureCode.INSUFFICIENT_FUNDS),
    ("insufficient_fund", FailureCode.INSUFFICIENT_FUNDS),
    ("authentication_failed", FailureCode.AUTHENTICATION_FAILED),
    ("incorrect_otp", FailureCode.AUTHENTICATION_FAILED),
    ("payment_cancelled", FailureCode.CANCELLED_BY_CUSTOMER),
    ("payment_timed_out", FailureCode.EXPIRED),
    ("payment_collect_request_expired", FailureCode.EXPIRED),
    ("transaction_daily_limit_exceeded", FailureCode.LIMIT_EXCEEDED),
    ("gateway_technical_error", FailureCode.METHOD_UNAVAILABLE),
    ("bank_not_enabled", FailureCode.METHOD_UNAVAILABLE),
    ("payment_risk_check_failed", FailureCode.SUSPECTED_FRAUD),
    ("card_declined", FailureCode.DECLINED),
    ("card_disabled_for_online_payments", FailureCode.DECLINED),
    ("card_number_invalid", FailureCode.DECLINED),
    ("order_amount_mismatch", FailureCode.REJECTED),
    ("something_new", FailureCode.OTHER),
]


@pytest.mark.parametrize(("reason", "code"), FAILURES)
def test_a_reason_is_one_of_our_codes(reason: str, code: FailureCode) -> None:
    failure = tries.from_payments([a_failed_payment(reason)], OPENED).failure
    assert failure is not None
    assert (failure.code, failure.gateway_code) == (code, reason)


ODD_REASONS = [
    ({"error_reason": "NA"}, "BAD_REQUEST_ERROR"),
    ({"error_reason": "", "error_code": "GATEWAY_ERROR"}, "GATEWAY_ERROR"),
    ({"error_reason": None, "error_code": None}, ""),
    ({"error_reason": "card 4111111111111111", "error_code": []}, ""),
    ({"error_reason": "x4111111111111111"}, "BAD_REQUEST_ERROR"),
]


@pytest.mark.parametrize(("fields", "gateway_code"), ODD_REASONS)
def test_a_reason_that_is_no_plain_text_is_not_stored(fields: dict[str, Any], gateway_code: str) -> None:
    failure = tries.from_payments([a_failed_payment(**fields)], OPENED).failure
    assert failure is not None
    assert (failure.code, failure.gateway_code) == (FailureCode.OTHER, gateway_code)


def test_long_numbers_in_a_description_are_masked() -> None:
    response = a_failed_payment(error_description="Card 4111 1111 1111 1111 of 98123-45678 was declined" + "." * 300)
    failure = tries.from_payments([response], OPENED).failure
    assert failure is not None
    assert failure.message.startswith("Card (number) of (number) was declined")
    assert len(failure.message) == 300


REFUNDS = [
    ("pending", Status.PROCESSING, None),
    ("processed", Status.COMPLETED, None),
    ("failed", Status.FAILED, Failure(FailureCode.OTHER, "refund_failed")),
    ("queued", Status.PROCESSING, None),
]


@pytest.mark.parametrize(("name", "status", "failure"), REFUNDS)
def test_a_refund_is_read(name: str, status: Status, failure: Failure | None) -> None:
    read = wire.from_refund(a_refund_entity(name), REFUND, PAID)
    assert read == Snapshot(status, Money(10000, "INR"), REFUND_REF, failure, subject_id=REFUND.id)


def test_a_refund_without_a_currency_is_in_ours() -> None:
    assert wire.from_refund(a_refund_entity(currency=None), REFUND, PAID).amount == Money(10000, "INR")


def test_a_refund_of_somebody_else_says_so() -> None:
    other = a_refund_entity(notes={"refund_id": "RF-7"}, receipt="RF-7")
    assert wire.from_refund(other, REFUND, PAID).subject_id == ""


@pytest.mark.parametrize("fields", [{"status": None}, {"amount": "10000"}, {"amount": None}, {"id": ""}])
def test_a_refund_without_what_we_rely_on_is_garbage(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"status|amount|id"):
        wire.from_refund(a_refund_entity(**fields), REFUND, PAID)


NOT_RELIED_ON = [
    {"notes": 3, "fee": "x", "acquirer_data": [], "order_id": None, "captured": "yes"},
    {"error_code": 4, "error_description": {}, "error_reason": []},
]


@pytest.mark.parametrize("fields", NOT_RELIED_ON)
def test_any_other_field_may_be_anything(fields: dict[str, Any]) -> None:
    assert tries.from_payments([a_payment(**fields)], OPENED).status is Status.COMPLETED
    assert tries.from_payments([a_failed_payment(**fields)], OPENED).status is Status.FAILED


def test_a_refund_in_another_currency_says_so() -> None:
    assert wire.from_refund(a_refund_entity(currency="USD"), REFUND, PAID).amount == Money(10000, "USD")
    assert wire.from_refund(a_refund_entity(currency=None), REFUND, PAID).amount == Money(10000, "INR")


@pytest.mark.parametrize("fee", [None, 0, 2])
def test_an_amount_that_no_fee_explains_stays_as_it_was_reported(fee: int | None) -> None:
    snapshot = tries.from_payments([a_payment(amount=49901, fee=fee)], OPENED)
    assert (snapshot.amount, snapshot.fee) == (Money(49901, "INR"), None)


def test_the_least_fee_is_recognised() -> None:
    snapshot = tries.from_payments([a_payment(amount=49901, fee=1)], OPENED)
    assert (snapshot.amount, snapshot.fee) == (ALL, Money(1, "INR"))


def test_an_order_without_a_time_is_the_oldest() -> None:
    timeless, other = an_order_entity(id="order_2", created_at=None), an_order_entity(id="order_1", created_at=1)
    assert wire.from_orders({"items": [other, timeless]}, OPENED) == "order_2"


def test_a_qr_code_without_an_end_has_none() -> None:
    assert wire.from_qr_code(a_qr_entity(close_by=None), re.compile(".*")).expires_at is None


@pytest.mark.parametrize("statuses", [["a_new_word"], ["a_new_word", "processed"], ["processed", "a_new_word"]])
def test_a_sum_with_a_refund_in_an_unknown_code_is_none(statuses: list[str]) -> None:
    assert wire.from_refunds([a_refund_entity(status) for status in statuses]) is None


def test_a_refusal_without_an_error_object_is_read_from_its_own_fields() -> None:
    refusal = wire.from_refusal({"code": "GATEWAY_ERROR", "message": "later"})
    assert (refusal.code, refusal.words) == ("GATEWAY_ERROR", "later")
    full = {"error": {"reason": "NA", "code": "BAD_REQUEST_ERROR", "description": "no"}, "code": "X", "message": "y"}
    refusal = wire.from_refusal(full)
    assert (refusal.code, refusal.words) == ("BAD_REQUEST_ERROR", "no")


def test_a_key_in_use_is_known_in_any_case_of_letters() -> None:
    text = "Another REQUEST with the same idempotency key is in progress"
    assert wire.is_same_key({"error": {"description": text}})
