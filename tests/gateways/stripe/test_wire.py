"""Stripe's answers as our snapshots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from payments.domain.records.refund import ReasonCode
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import NOTHING_TO_DO, MethodType
from payments.gateways.stripe import requests, wire
from payments.gateways.stripe.form import flat
from tests.gateways.fakes import an_order
from tests.gateways.stripe.calls import ATTEMPT, CAPTURED, DIRECT, INTENT, REFUND, changed, session

USD = Money(49900, "USD")

FLAT: list[tuple[Mapping[str, object], dict[str, str]]] = [
    ({}, {}),
    ({"a": 1, "b": "x", "c": None}, {"a": "1", "b": "x"}),
    ({"a": True, "b": False}, {"a": "true", "b": "false"}),
    ({"a": {"b": {"c": 1}}}, {"a[b][c]": "1"}),
    ({"a": ["x", {"b": 2}]}, {"a[0]": "x", "a[1][b]": "2"}),
    ({"a": [], "b": {}}, {}),
    ({"a": {"b c": "é&="}}, {"a[b c]": "é&="}),
    ({"a": ""}, {"a": ""}),
]


@pytest.mark.parametrize(("fields", "form"), FLAT)
def test_nested_fields_become_a_form(fields: Mapping[str, object], form: dict[str, str]) -> None:
    assert flat(fields) == form


@pytest.mark.parametrize(
    ("method", "sent"),
    [(None, None), (MethodType.CARD, ["card"]), (MethodType.WALLET, ["card"]), (MethodType.UPI, None)],
)
def test_a_session_offers_cards_alone_where_that_was_requested(method: MethodType | None, sent: object) -> None:
    fields = requests.to_session(changed(ATTEMPT, method_type=method), an_order(), "")
    assert fields["allowed_payment_method_types"] == sent


def test_long_names_are_cut_and_empty_ones_left_out() -> None:
    fields = requests.to_session(ATTEMPT, replace(an_order(merchant_order_id="x" * 600), payment_id=""), "")
    assert fields["metadata"] == {"attempt_id": ATTEMPT.id, "merchant_order_id": "x" * 500}
    assert len(flat(fields)["line_items[0][price_data][product_data][name]"]) == 250


REASONS = {
    ReasonCode.CUSTOMER_REQUEST: "requested_by_customer",
    ReasonCode.DAMAGED: "requested_by_customer",
    ReasonCode.NOT_DELIVERED: "requested_by_customer",
    ReasonCode.DUPLICATE: "duplicate",
    ReasonCode.FRAUD: "fraudulent",
    ReasonCode.DISPUTE: None,
    ReasonCode.LATE_SUCCESS: None,
    ReasonCode.REVIEW: None,
    ReasonCode.OTHER: None,
}


@pytest.mark.parametrize("reason", ReasonCode)
def test_a_refund_has_a_reason_of_stripes_closed_set_or_none(reason: ReasonCode) -> None:
    fields = requests.to_refund(replace(REFUND, reason_code=reason), "pi_1")
    assert fields["reason"] == REASONS[reason]
    assert fields["metadata"] == {"refund_id": REFUND.id, "payment_id": REFUND.payment_id, "reason_code": reason.value}


AUTHORIZED_UNTIL = 1_796_000_000
CHARGE = {"payment_method_details": {"type": "card", "card": {"capture_before": AUTHORIZED_UNTIL}}}
ERROR = {"type": "card_error", "code": "card_declined", "decline_code": "do_not_honor", "message": "No"}
DECLINED = Failure(FailureCode.DECLINED, "do_not_honor", "No")
GONE = Failure(FailureCode.EXPIRED, "expired")


def intent(status: str, **more: Any) -> dict[str, Any]:
    return {**INTENT, "status": status, **more}


AT = datetime.fromtimestamp(AUTHORIZED_UNTIL, UTC)
SNAPSHOTS: dict[str, tuple[dict[str, Any], Snapshot]] = {
    "taken": (CAPTURED, Snapshot(Status.COMPLETED, USD, "pi_1")),
    "taken in part": (CAPTURED | {"amount_received": 100}, Snapshot(Status.COMPLETED, Money(100, "USD"), "pi_1")),
    "held": (
        intent("requires_capture", amount_capturable=49900, latest_charge=CHARGE),
        Snapshot(Status.AUTHORIZED, USD, "pi_1", authorization_expires_at=AT),
    ),
    "held, nobody says how long": (
        intent("requires_capture", amount_capturable=49900, latest_charge="ch_1"),
        Snapshot(Status.AUTHORIZED, USD, "pi_1"),
    ),
    "under way": (intent("processing"), Snapshot(Status.PENDING, USD, "pi_1", is_in_progress=True)),
    "challenged": (intent("requires_action"), Snapshot(Status.PENDING, USD, "pi_1")),
    "unconfirmed": (intent("requires_confirmation"), Snapshot(Status.PENDING, USD, "pi_1")),
    "untried": (intent("requires_payment_method", last_payment_error=None), Snapshot(Status.PENDING, USD, "pi_1")),
    "declined": (
        intent("requires_payment_method", last_payment_error=ERROR),
        Snapshot(Status.FAILED, USD, "pi_1", DECLINED),
    ),
    "cancelled": (intent("canceled", cancellation_reason="abandoned"), Snapshot(Status.CANCELLED, USD, "pi_1")),
    "cancelled by us": (intent("canceled", cancellation_reason=None), Snapshot(Status.CANCELLED, USD, "pi_1")),
    "a hold that ran out": (
        intent("canceled", cancellation_reason="expired"),
        Snapshot(Status.EXPIRED, USD, "pi_1", GONE),
    ),
    "a hold that Stripe let go": (
        intent("canceled", cancellation_reason="automatic"),
        Snapshot(Status.EXPIRED, USD, "pi_1", Failure(FailureCode.EXPIRED, "automatic")),
    ),
    "ended after its time, for no reason": (
        intent("canceled", cancellation_reason=None, canceled_at=AUTHORIZED_UNTIL, latest_charge=CHARGE),
        Snapshot(Status.EXPIRED, USD, "pi_1", Failure(FailureCode.EXPIRED, "capture_before")),
    ),
    "let go before its time": (
        intent("canceled", cancellation_reason=None, canceled_at=AUTHORIZED_UNTIL - 1, latest_charge=CHARGE),
        Snapshot(Status.CANCELLED, USD, "pi_1"),
    ),
    "let go for a reason": (
        intent("canceled", cancellation_reason="abandoned", canceled_at=AUTHORIZED_UNTIL, latest_charge=CHARGE),
        Snapshot(Status.CANCELLED, USD, "pi_1"),
    ),
    "taken, and given back in part": (
        CAPTURED | {"latest_charge": {"amount_refunded": 100, "currency": "usd"}},
        Snapshot(Status.COMPLETED, USD, "pi_1", returned=Money(100, "USD")),
    ),
    "a new word": (intent("frozen"), Snapshot(Status.PENDING, USD, "pi_1", is_in_progress=True)),
    "ours": (
        CAPTURED | {"metadata": {"attempt_id": "att_1"}},
        Snapshot(Status.COMPLETED, USD, "pi_1", subject_id="att_1"),
    ),
    "an odd currency": (CAPTURED | {"currency": "Usd4"}, Snapshot(Status.COMPLETED, Money(49900, "XXX"), "pi_1")),
}


@pytest.mark.parametrize(("answer", "snapshot"), SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_an_intent_of_a_direct_charge_is_read_by_its_status(answer: dict[str, Any], snapshot: Snapshot) -> None:
    assert wire.from_found(answer, DIRECT) == snapshot


IN_SESSION: dict[str, tuple[dict[str, Any], Snapshot]] = {
    "open, untouched": (session("open"), Snapshot(Status.PENDING, USD)),
    "open, a card declined": (
        session("open", intent("requires_payment_method", last_payment_error=ERROR)),
        Snapshot(Status.PENDING, USD, "pi_1"),
    ),
    "open, just paid": (session("open", CAPTURED), SNAPSHOTS["taken"][1]),
    "paid": (session("complete", CAPTURED), SNAPSHOTS["taken"][1]),
    "held": (session("complete", SNAPSHOTS["held"][0]), SNAPSHOTS["held"][1]),
    "a slow method": (session("complete", intent("processing")), SNAPSHOTS["under way"][1]),
    "a slow method that failed": (session("complete", SNAPSHOTS["declined"][0]), SNAPSHOTS["declined"][1]),
    "a hold that ran out": (
        session("complete", SNAPSHOTS["a hold that ran out"][0]),
        SNAPSHOTS["a hold that ran out"][1],
    ),
    "a hold let go": (session("complete", SNAPSHOTS["cancelled"][0]), SNAPSHOTS["cancelled"][1]),
    "expired": (session("expired"), Snapshot(Status.EXPIRED, USD, failure=GONE)),
    "expired and paid": (session("expired", CAPTURED), SNAPSHOTS["taken"][1]),
    "expired, and money under way": (session("expired", intent("processing")), SNAPSHOTS["under way"][1]),
    "open, and money under way": (session("open", intent("processing")), SNAPSHOTS["under way"][1]),
    "a new word": (session("paused"), Snapshot(Status.PENDING, USD, is_in_progress=True)),
}


@pytest.mark.parametrize(("answer", "snapshot"), IN_SESSION.values(), ids=IN_SESSION)
def test_of_a_session_the_money_decides_first(answer: dict[str, Any], snapshot: Snapshot) -> None:
    amounts = {"amount_total": 49900, "currency": "usd"}
    assert wire.from_found(answer | amounts, ATTEMPT) == snapshot


def test_a_session_that_we_closed_is_cancelled_not_expired() -> None:
    assert wire.from_found(session("expired"), replace(ATTEMPT, is_cancelling=True)) == Snapshot(Status.CANCELLED)


NO_SENSE: list[dict[str, Any]] = [
    {},
    {"object": "checkout.session"},
    {"object": "checkout.session", "status": "complete", "payment_intent": None},
    {"object": "checkout.session", "status": "complete", "payment_intent": "pi_1"},
    {**INTENT},
    intent("succeeded"),
    intent("succeeded", amount_received="49900"),
    intent("succeeded", amount_received=-1),
    intent("succeeded", amount_received=True),
    intent("requires_capture"),
    CAPTURED | {"id": None},
    CAPTURED | {"id": "pi 1"},
    CAPTURED | {"status": ["succeeded"]},
]


@pytest.mark.parametrize("answer", NO_SENSE, ids=str)
def test_what_money_depends_on_must_be_there(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"status|amount|id"):
        wire.from_found(answer, ATTEMPT)


@pytest.mark.parametrize("before", [None, "1796000000", -1, 0, True, 10**12, 1.5])
def test_an_authorization_without_a_good_end_is_still_one(before: object) -> None:
    charge = {"payment_method_details": {"type": "card", "card": {"capture_before": before}}}
    answer = intent("requires_capture", amount_capturable=49900, latest_charge=charge)
    assert wire.from_found(answer, DIRECT).authorization_expires_at is None


BACK = {"id": "re_1", "amount": 10000, "currency": "usd", "payment_intent": "pi_1", "metadata": {"refund_id": "rfd_1"}}
REFUND_STATES = {
    "pending": (Status.PROCESSING, None),
    "requires_action": (Status.PROCESSING, None),
    "succeeded": (Status.COMPLETED, None),
    "failed": (Status.FAILED, Failure(FailureCode.OTHER, "failed")),
    "canceled": (Status.FAILED, Failure(FailureCode.REJECTED, "canceled")),
    "a new word": (Status.PROCESSING, None),
}


@pytest.mark.parametrize("name", REFUND_STATES)
def test_a_refund_is_read_by_its_status(name: str) -> None:
    status, failure = REFUND_STATES[name]
    snapshot = wire.from_refund(BACK | {"status": name}, "pi_1")
    assert snapshot == Snapshot(status, Money(10000, "USD"), "re_1", failure, "rfd_1")


@pytest.mark.parametrize(
    "change", [{"payment_intent": "pi_2"}, {"status": None}, {"amount": None}, {"id": ""}], ids=str
)
def test_a_refund_without_sense_or_of_another_payment_is_garbage(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"payment_intent|status|amount|id"):
        wire.from_refund(BACK | {"status": "succeeded"} | change, "pi_1")


FAILURES = [
    ({"code": "card_declined", "decline_code": "insufficient_funds"}, FailureCode.INSUFFICIENT_FUNDS),
    ({"code": "card_declined", "decline_code": "lost_card"}, FailureCode.SUSPECTED_FRAUD),
    ({"code": "card_declined", "decline_code": "something_new"}, FailureCode.DECLINED),
    ({"code": "authentication_required"}, FailureCode.AUTHENTICATION_FAILED),
    ({"code": "payment_intent_authentication_failure"}, FailureCode.AUTHENTICATION_FAILED),
    ({"code": "expired_card"}, FailureCode.DECLINED),
    ({"code": "processing_error"}, FailureCode.METHOD_UNAVAILABLE),
    ({"code": "card_decline_rate_limit_exceeded"}, FailureCode.LIMIT_EXCEEDED),
    ({"code": "something_new", "type": "card_error"}, FailureCode.DECLINED),
    ({"code": "something_new"}, FailureCode.OTHER),
    ({}, FailureCode.OTHER),
]


@pytest.mark.parametrize(("error", "code"), FAILURES, ids=str)
def test_a_decline_has_the_most_exact_of_its_codes(error: dict[str, Any], code: FailureCode) -> None:
    failure = wire.from_decline({"error": error}).snapshot.failure
    assert failure is not None
    assert (failure.code, failure.gateway_code) == (code, error.get("decline_code") or error.get("code", ""))


def test_no_number_of_a_card_is_stored() -> None:
    response = {
        "message": "Card 4242 4242 4242 4242 of 4242424242424242",
        "code": "4242424242424242",
        "type": "card_error",
    }
    failure = wire.from_decline({"error": response}).snapshot.failure
    assert failure == Failure(FailureCode.DECLINED, "", "Card (number) of (number)")


PAGE = re.compile(r"https://hooks\.stripe\.com/.*")


def test_a_charge_that_needs_no_one_sends_no_one_anywhere() -> None:
    assert wire.from_charge(CAPTURED, PAGE, {"publishable_key": "pk"}).next_action == NOTHING_TO_DO


@pytest.mark.parametrize("name", ["requires_capture", "succeeded", "processing"])
def test_an_open_session_whose_intent_moves_money_is_what_the_intent_is(name: str) -> None:
    money = {"amount_capturable": 49900, "amount_received": 49900}
    shown, alone = session("open", {**INTENT, **money, "status": name}), {**INTENT, **money, "status": name}
    assert wire.from_found(shown, ATTEMPT) == wire.from_intent(alone)


@pytest.mark.parametrize("name", ["requires_capture", "succeeded", "processing", "requires_action"])
def test_an_error_or_an_end_of_an_earlier_try_ends_nothing(name: str) -> None:
    plain = {**INTENT, "status": name, "amount_capturable": 49900, "amount_received": 49900}
    earlier = {"last_payment_error": {"code": "card_declined"}, "cancellation_reason": "expired"}
    assert wire.from_intent(plain | earlier) == wire.from_intent(plain)


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": {}}, {"data": None, "has_more": False}])
def test_no_list_of_refunds_is_no_sum_of_nothing(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="data"):
        wire.from_refunds(answer, "USD")


@pytest.mark.parametrize(("response", "ours"), [("", "pi_1"), (None, "pi_1"), ("pi_1", ""), ("pi_1", "pi_1")])
def test_a_refund_is_of_our_payment_where_one_of_both_names_none(response: str | None, ours: str) -> None:
    answer = {"id": "re_1", "status": "succeeded", "amount": 100, "currency": "usd", "payment_intent": response}
    assert wire.from_refund(answer, ours).ref == "re_1"


def test_an_empty_page_is_the_last_one() -> None:
    assert wire.from_page({"data": [], "has_more": True}, dict).next_page == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"type": "invalid_request_error", "code": "amount_too_small"}, "amount_too_small"),
        ({"type": "invalid_request_error", "code": ""}, "invalid_request_error"),
        ({"type": "rate_limit_error"}, "rate_limit_error"),
        (None, ""),
    ],
)
def test_a_refusal_without_a_code_is_called_by_its_kind(error: object, code: str) -> None:
    assert wire.from_refusal({"error": error}).code == code


def test_an_authorization_that_ended_at_an_unknown_time_was_voided() -> None:
    answer = intent("canceled", cancellation_reason=None, canceled_at=None, latest_charge=CHARGE)
    assert wire.from_intent(answer).status is Status.CANCELLED


@pytest.mark.parametrize(
    "details",
    [
        {"type": "card_present", "card_present": {"capture_before": AUTHORIZED_UNTIL}},
        {"type": "card_present", "card_present": {"capture_before": AUTHORIZED_UNTIL}, "card": {"capture_before": 1}},
        {"card": {"capture_before": AUTHORIZED_UNTIL}},
    ],
    ids=["of its way to pay", "and not of another", "of a card where none is named"],
)
def test_an_authorization_ends_as_its_way_to_pay_says(details: dict[str, Any]) -> None:
    charge = {"payment_method_details": details}
    answer = intent("requires_capture", amount_capturable=49900, latest_charge=charge)
    assert wire.from_intent(answer).authorization_expires_at == AT


def test_a_tuple_is_a_list_in_a_form() -> None:
    assert flat({"a": ("x", "y")}) == {"a[0]": "x", "a[1]": "y"}


@pytest.mark.parametrize(("seconds", "is_read"), [(2**33 - 1, True), (2**33, False)])
def test_a_time_is_one_that_a_calendar_has(seconds: int, is_read: bool) -> None:
    charge = {"payment_method_details": {"type": "card", "card": {"capture_before": seconds}}}
    answer = intent("requires_capture", amount_capturable=49900, latest_charge=charge)
    assert (wire.from_intent(answer).authorization_expires_at is not None) is is_read
