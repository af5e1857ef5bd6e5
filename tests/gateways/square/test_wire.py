"""Square's answers as our snapshots, on samples written by its published API definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.square import codes, requests, wire
from payments.gateways.transport.http import Refusal
from tests.gateways.fakes import an_order
from tests.gateways.square.calls import ATTEMPT, REFUND, USD, a_payment, a_refund_answer, an_sq_order, money

PAYMENTS = [
    ("PENDING", Status.PENDING, None),
    ("APPROVED", Status.AUTHORIZED, USD),
    ("COMPLETED", Status.COMPLETED, USD),
    ("CANCELED", Status.CANCELLED, None),
    ("FAILED", Status.FAILED, None),
    ("CANCELLED", Status.PENDING, None),
    ("completed", Status.PENDING, None),
    ("SOMETHING_NEW", Status.PENDING, None),
]


@pytest.mark.parametrize(("status_there", "status", "amount"), PAYMENTS)
def test_a_payment_is_what_its_status_says(status_there: str, status: Status, amount: Money | None) -> None:
    snapshot = wire.from_payment({"payment": a_payment(status_there, reference_id=ATTEMPT.id)})
    assert (snapshot.status, snapshot.amount, snapshot.ref) == (status, amount, "PAY1")
    assert snapshot.subject_id == ATTEMPT.id
    assert (snapshot.failure is None) is (status is not Status.FAILED)


UNTIL = datetime(2026, 11, 27, 10, 30, 0, 123456, UTC)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2026-11-27T10:30:00.123456Z", UNTIL),
        ("2026-11-27T10:30:00.123456789Z", UNTIL),
        ("2026-11-27T16:00:00.123456+05:30", UNTIL),
        ("2026-11-27T10:30:00Z", UNTIL.replace(microsecond=0)),
        ("2026-11-27T10:30:00.1Z", UNTIL.replace(microsecond=100000)),
        ("2026-11-27T10:30:00", None),
        ("next week", None),
        ("0001-01-01T00:00:00+23:59", None),
        (5, None),
    ],
)
def test_an_authorization_is_good_until_its_time(text: object, until: datetime | None) -> None:
    authorized = wire.from_payment({"payment": a_payment("APPROVED", delayed_until=text)})
    assert authorized.authorization_expires_at == until
    assert wire.from_payment({"payment": a_payment("COMPLETED", delayed_until=text)}).authorization_expires_at is None


def test_what_was_put_on_top_counts_as_captured() -> None:
    tipped = a_payment(total_money=money(50900), tip_money=money(1000))
    assert wire.from_payment({"payment": tipped}).amount == Money(50900, "USD")
    bare = {name: value for name, value in a_payment().items() if name != "total_money"}
    assert wire.from_payment({"payment": bare}).amount == USD


@pytest.mark.parametrize("currency", ["usd", "US", "USDX", "4111111111111111", ""])
def test_a_currency_that_is_none_contradicts_ours(currency: str) -> None:
    snapshot = wire.from_payment({"payment": a_payment(total_money=money(currency=currency))})
    assert snapshot.amount == Money(49900, "XXX")


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({}, "status"),
    ({"payment": []}, "status"),
    ({"payment": a_payment("")}, "status"),
    ({"payment": a_payment(id=5)}, "id"),
    ({"payment": a_payment(id="a/b")}, "id"),
    ({"payment": a_payment(total_money={"amount": "49900", "currency": "USD"})}, "total_money"),
    ({"payment": a_payment(total_money={"amount": 499.5, "currency": "USD"})}, "total_money"),
    ({"payment": a_payment(total_money={"amount": True, "currency": "USD"})}, "total_money"),
    ({"payment": a_payment(total_money={"amount": -1, "currency": "USD"})}, "total_money"),
    ({"payment": a_payment(total_money={"amount": 1})}, "total_money"),
    ({"payment": a_payment(total_money=[])}, "total_money"),
]


@pytest.mark.parametrize(("answer", "name"), BROKEN)
def test_a_payment_without_what_we_rely_on_makes_no_sense(answer: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        wire.from_payment(answer)


@pytest.mark.parametrize(
    ("order", "name"),
    [
        ({}, "state"),
        ({"order": an_sq_order("")}, "state"),
        ({"order": an_sq_order() | {"tenders": [{}]}}, "id"),
        ({"order": an_sq_order() | {"tenders": ["PAY1"]}}, "id"),
        ({"order": an_sq_order("OPEN", *(f"P{n}" for n in range(11)))}, "order.tenders"),
    ],
)
def test_an_order_without_what_we_rely_on_makes_no_sense(order: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        wire.from_order(order)


def test_a_tender_that_names_no_payment_is_the_payment() -> None:
    order = an_sq_order() | {"tenders": [{"id": "PAY1"}, {"id": "T2", "payment_id": "PAY2"}, {"id": "PAY1"}]}
    assert wire.from_order({"order": order}) == (order, ["PAY1", "PAY2"])


@pytest.mark.parametrize("where", ["card_details", "bank_account_details"])
def test_a_failed_payment_says_why(where: str) -> None:
    errors = [{"category": "PAYMENT_METHOD_ERROR", "code": "INSUFFICIENT_FUNDS", "detail": "no 4111111111111111"}]
    snapshot = wire.from_payment({"payment": a_payment("FAILED", **{where: {"errors": errors}})})
    assert snapshot.failure == Failure(FailureCode.INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS", "no (number)")


def test_a_failure_without_a_text_is_some_failure() -> None:
    assert wire.from_payment({"payment": a_payment("FAILED")}).failure == Failure(FailureCode.OTHER)


@pytest.mark.parametrize("code", ["4111111111111111", "asha@example.com", "two words", 5, "x" * 200])
def test_a_code_that_is_no_plain_text_is_not_stored(code: object) -> None:
    stored = wire.from_refusal({"errors": [{"code": code}]}).code
    assert stored in ("", "x" * 64)


@pytest.mark.parametrize("answer", [{}, {"errors": []}, {"errors": {}}, {"errors": [5]}, {"code": "X"}])
def test_a_refusal_without_a_code_has_none(answer: dict[str, Any]) -> None:
    assert wire.from_refusal(answer) == Refusal()


def test_the_first_of_several_errors_decides() -> None:
    assert wire.from_refusal({"errors": [{"code": "CVV_FAILURE"}, {"code": "GENERIC_DECLINE"}]}).code == "CVV_FAILURE"


REFUNDS = [
    ("PENDING", Status.PROCESSING, None),
    ("COMPLETED", Status.COMPLETED, None),
    ("REJECTED", Status.FAILED, Failure(FailureCode.REJECTED, "REJECTED")),
    ("FAILED", Status.FAILED, Failure(FailureCode.OTHER, "FAILED")),
    ("SOMETHING_NEW", Status.PROCESSING, None),
]


@pytest.mark.parametrize(("status_there", "status", "failure"), REFUNDS)
def test_a_refund_is_what_its_status_says(status_there: str, status: Status, failure: Failure | None) -> None:
    snapshot = wire.from_refund({"refund": a_refund_answer(status_there)}, "PAY1")
    assert (snapshot.status, snapshot.amount, snapshot.failure) == (status, Money(10000, "USD"), failure)
    assert (snapshot.ref, snapshot.subject_id) == ("PAY1_R1", REFUND.id)


@pytest.mark.parametrize(
    ("refund", "name"),
    [
        ({}, "status"),
        (a_refund_answer(payment_id="PAY2"), "refund.payment_id"),
        (a_refund_answer(id=None), "id"),
        (a_refund_answer(amount_money=None), "amount_money"),
    ],
)
def test_a_refund_without_what_we_rely_on_makes_no_sense(refund: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        wire.from_refund({"refund": refund}, "PAY1")


def test_no_code_is_both_a_decline_and_something_else() -> None:
    declines = set(codes.FAILURE_BY_CODE)
    assert not declines & (codes.OURS | codes.UNKNOWN | codes.NOT_NOW)
    assert not codes.OURS & codes.UNKNOWN


def test_texts_stay_within_squares_limits() -> None:
    body = requests.to_link(ATTEMPT, an_order(merchant_order_id="x" * 600), "L1")
    assert len(str(body["payment_note"])) == 500
    order: Any = body["order"]
    assert order["line_items"][0]["name"] == "x" * 255
    long = replace(REFUND, id="rfd_" + "0" * 26)
    assert len(str(requests.to_refund(long, "PAY1")["reason"])) <= 192
