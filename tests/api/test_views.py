from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic_core import to_json

from payments.api.checkout.responses import CheckoutView
from payments.api.payment.responses import NewPaymentView, NextActionView, PaymentList, PaymentView
from payments.api.payment.timeline import EventList
from payments.api.reconciliation.responses import ReportSummaryView
from payments.api.refund.responses import RefundView
from payments.api.stored_answers import ApiAnswers
from payments.api.view import JsonView
from payments.domain.records.event import Event
from payments.domain.records.payment import Attempt, Customer, Payment, Review, ReviewKind
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.values.clock import to_text
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import NOTHING_TO_DO, ActionKind, CaptureMode, NextAction, Terms

AT = datetime(2026, 11, 20, 10, 30, 0, 7_000, tzinfo=UTC)
ATTEMPT = Attempt(
    id="att_1",
    number=1,
    gateway="phonepe",
    amount=Money(49900, "INR"),
    status=Status.PENDING,
    created_at=AT,
    sent_at=AT,
    expires_at=AT + timedelta(minutes=20),
    next_action=NextAction(ActionKind.REDIRECT, "https://pay.example/x"),
)
PAYMENT = Payment(
    id="pay_1",
    workspace_id="ws_demo",
    merchant_order_id="ORDER-1",
    amount=Money(49900, "INR"),
    status=Status.PENDING,
    version=2,
    attempts=(ATTEMPT,),
    return_url="https://shop.example/",
    created_at=AT,
    updated_at=AT,
    customer=Customer(name="आशा"),
    metadata={"b": "2", "a": "1"},
    checkout_token_hashes=("never",),
    return_token_hashes=("shown",),
)
NO_ACTION: dict[str, Any] = {"type": "none", "url": None, "values": {}}
WINNER = replace(ATTEMPT, status=Status.COMPLETED, captured_minor=49900)


def paid(**money: Any) -> Payment:
    stored = replace(WINNER, **money)
    return replace(PAYMENT, status=Status.COMPLETED, attempts=(stored,), winning_attempt_id=stored.id)


def shown(payment: Payment) -> Any:
    return json.loads(PaymentView.of(payment, is_staff=True).to_json())


def test_a_payment_is_shown_in_one_order_and_compactly() -> None:
    assert PaymentView.of(PAYMENT).to_json() == (
        '{"payment_id":"pay_1","merchant_order_id":"ORDER-1","workspace_id":"ws_demo","amount":49900,"currency":"INR",'
        '"status":"pending","refund_status":"none","amount_capturable":0,"amount_captured":0,"amount_reserved":0,'
        '"amount_refunded":0,"amount_disputed":0,"dispute_status":"none","amount_written_off":0,"fee":0,'
        '"gateway":"phonepe","method_type":null,"capture":"auto","installments":null,"checkout_ref":"","receipt":null,'
        '"attempt_count":1,'
        '"next_action":{"type":"redirect","url":"https://pay.example/x","values":{}},"failure":null,'
        '"review":null,"late":false,"in_progress":false,"replaced_by":null,"attempts":[{"attempt_id":"att_1","number":1,"gateway":"phonepe","account":"main",'
        '"status":"pending","payment_ref":"","failure":null,"created_at":"2026-11-20T10:30:00.007Z",'
        '"expires_at":"2026-11-20T10:50:00.007Z","honored_until":null}],"customer":{"id":"","name":"आशा","email":"","mobile":"","mobile_sent":false},'
        '"metadata":{"a":"1","b":"2"},"return_url":"https://shop.example/","created_at":"2026-11-20T10:30:00.007Z",'
        '"updated_at":"2026-11-20T10:30:00.007Z","expires_at":"2026-11-20T10:50:00.007Z"}'
    )


def test_only_a_new_payment_shows_its_checkout_token() -> None:
    answer = ApiAnswers("", is_staff=False).payment(PAYMENT, "ct_secret")
    assert answer.status == 201
    assert json.loads(answer.body) == shown(PAYMENT) | {"checkout_token": "ct_secret"}


@pytest.mark.parametrize("view", [PaymentView, CheckoutView])
def test_no_view_shows_what_is_stored_of_tokens(view: Any) -> None:
    assert not any(code in view.of(PAYMENT).to_json() for code in ("never", "shown", "hash"))


@pytest.mark.parametrize("status", list(Status))
def test_the_payer_is_sent_on_only_while_the_attempt_is_open(status: Status) -> None:
    action = shown(replace(PAYMENT, attempts=(replace(ATTEMPT, status=status),)))["next_action"]
    open_action = {"type": "redirect", "url": "https://pay.example/x", "values": {}}
    is_payable = status.is_open and status is not Status.AUTHORIZED
    assert action == (open_action if is_payable else NO_ACTION)


def test_what_is_being_cancelled_is_not_to_be_paid() -> None:
    leaving = replace(PAYMENT, attempts=(replace(ATTEMPT, is_cancelling=True),))
    assert shown(leaving)["next_action"] == NO_ACTION


def test_what_is_authorized_may_be_captured() -> None:
    authorized = replace(ATTEMPT, status=Status.AUTHORIZED, terms=Terms(capture=CaptureMode.MANUAL))
    for attempt, capturable in (
        (authorized, 49900),
        (replace(authorized, capture_requested_minor=100), 0),
        (replace(authorized, is_cancelling=True), 0),
    ):
        assert shown(replace(PAYMENT, attempts=(attempt,)))["amount_capturable"] == capturable


def test_without_a_checkout_there_is_nothing_to_do_yet() -> None:
    action = shown(replace(PAYMENT, attempts=(replace(ATTEMPT, next_action=NOTHING_TO_DO),)))["next_action"]
    assert action == NO_ACTION


@pytest.mark.parametrize(
    ("money", "status", "amounts"),
    [
        ({}, "none", (49900, 0, 0)),
        ({"reserved_minor": 100}, "none", (49900, 100, 0)),
        ({"refunded_minor": 100}, "partial", (49900, 0, 100)),
        ({"refunded_minor": 49900}, "full", (49900, 0, 49900)),
        ({"refunded_minor": 49000, "reserved_minor": 900}, "partial", (49900, 900, 49000)),
    ],
)
def test_the_refund_status_is_derived_from_the_winning_attempt(
    money: dict[str, int], status: str, amounts: tuple[int, ...]
) -> None:
    view = shown(paid(**money))
    assert view["refund_status"] == status
    assert (view["amount_captured"], view["amount_reserved"], view["amount_refunded"]) == amounts


def test_an_excess_capture_does_not_count_as_this_payments_refund() -> None:
    excess = replace(WINNER, id="att_2", number=2, is_excess=True, is_late=True, refunded_minor=49900)
    view = shown(replace(paid(), attempts=(WINNER, excess)))
    assert (view["refund_status"], view["amount_captured"], view["late"]) == ("none", 49900, True)


def test_why_there_is_no_money_is_reported_once_the_payment_has_ended() -> None:
    failure = Failure(FailureCode.DECLINED, "ZM", "declined by the bank")
    failed = replace(ATTEMPT, status=Status.FAILED, failure=failure)
    reported = {"code": "declined", "gateway_code": "ZM", "message": "declined by the bank"}
    assert shown(replace(PAYMENT, status=Status.FAILED, attempts=(failed,)))["failure"] == reported
    retried = replace(PAYMENT, attempts=(failed, replace(ATTEMPT, id="att_2", number=2)))
    assert shown(retried)["failure"] is None
    assert shown(retried)["attempts"][0]["failure"] == reported
    paid_late = replace(paid(), attempts=(WINNER, replace(failed, id="att_2", number=2)))
    assert shown(paid_late)["failure"] is None


def test_a_review_is_shown() -> None:
    assert shown(replace(PAYMENT, review=Review(ReviewKind.AMOUNT, "att_1", PAYMENT.created_at)))["review"] == "amount"


def test_a_checkout_shows_ten_fields_and_no_more() -> None:
    assert list(json.loads(CheckoutView.of(PAYMENT).to_json())) == [
        "payment_id",
        "merchant_order_id",
        "amount",
        "currency",
        "status",
        "refund_status",
        "failure",
        "next_action",
        "expires_at",
        "return_url",
    ]


def refund(status: Status) -> Refund:
    return Refund(
        id="rfd_1",
        payment_id="pay_1",
        workspace_id="ws_demo",
        attempt_id="att_1",
        gateway="phonepe",
        amount=Money(100, "INR"),
        status=status,
        reason_code=ReasonCode.OTHER,
        reason_text="",
        actor="user:owner",
        created_at=AT,
        updated_at=AT,
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.CREATED, "pending"),
        (Status.PROCESSING, "processing"),
        (Status.COMPLETED, "completed"),
        (Status.FAILED, "failed"),
        (Status.RETURNED, "returned"),
    ],
)
def test_a_refund_has_five_statuses(status: Status, code: str) -> None:
    assert json.loads(RefundView.of(refund(status)).to_json())["status"] == code


def test_lists_have_data_and_a_cursor() -> None:
    event = Event("pay_1", 1, "payment.created", "att_1", "", "created", "user:owner", "initiate", AT, 49900, "", "")
    lists: list[Callable[[], Any]] = [lambda: PaymentList.of([PAYMENT], "c"), lambda: EventList.of([event])]
    assert [list(json.loads(make().to_json())) for make in lists] == [["data", "next_cursor"]] * 2
    assert json.loads(EventList.of([event]).to_json())["data"][0]["from"] == ""


def test_equal_payments_are_equal_bytes() -> None:
    turned = replace(PAYMENT, metadata={"a": "1", "b": "2"})
    assert PaymentView.of(turned).to_json() == PaymentView.of(PAYMENT).to_json()


ODD = "\"'\\/<>& \x7f\u2028\u2029 \U0001f4b3 आशा \x08\x0c\n\r\t\x00\x1f"


@pytest.mark.parametrize(
    "payment", [PAYMENT, paid(refunded_minor=5), replace(PAYMENT, metadata={"odd": ODD}, return_url=ODD)]
)
def test_text_is_written_as_pydantic_writes_it(payment: Payment) -> None:
    event = Event("pay_1", 1, "payment.created", "att_1", "", "created", "user:owner", "initiate", AT, 49900, ODD, "")
    payments = (PaymentView.of(payment, is_staff=True), CheckoutView.of(payment), PaymentList.of([payment], ODD))
    for view in (*payments, EventList.of([event])):
        assert view.to_json().encode() == to_json(plain(view))


def plain(view: Any) -> Any:
    """Views as dicts, times as texts, other values as they are."""
    if isinstance(view, JsonView):
        return {name.removesuffix("_"): plain(value) for name, value in vars(view).items()}
    if isinstance(view, tuple):
        return tuple(map(plain, view))
    return to_text(view) if isinstance(view, datetime) else view


@pytest.mark.parametrize("given", [{}, {"type": ActionKind.NONE, "url": None, "values": {}, "more": 1}])
def test_a_view_lacks_no_value_and_has_no_other(given: Any) -> None:
    with pytest.raises(TypeError, match="NextActionView: "):
        NextActionView(**given)


def test_an_answer_is_not_changed_and_shows_its_values() -> None:
    view = NextActionView(type=ActionKind.NONE, url=None, values={})
    with pytest.raises(AttributeError, match=r"NextActionView\.url: an answer is not changed"):
        view.url = "https://elsewhere.example"  # type: ignore[misc]
    assert repr(view) == "NextActionView(type=<ActionKind.NONE: 'none'>, url=None, values={})"


def test_what_has_no_place_in_an_answer_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no place in an answer"):
        NextActionView(type=ActionKind.NONE, url=None, values={"a": {1}}).to_json()  # type: ignore[dict-item]


def test_a_new_payment_is_a_payment_and_then_its_token() -> None:
    new = NewPaymentView.with_token(PAYMENT, "ct").to_json()
    assert new == PaymentView.of(PAYMENT).to_json()[:-1] + ',"checkout_token":"ct"}'


def test_an_unknown_value_does_not_take_the_place_of_one_that_was_left_out() -> None:
    given: dict[str, Any] = {name: 1 for name in ReportSummaryView.fields if name != "unanswered_more"}
    with pytest.raises(TypeError, match=r"unknown .*more"):
        ReportSummaryView(**given, more=1)  # type: ignore[call-arg]


def test_values_are_written_in_the_order_of_the_view() -> None:
    action = NextActionView(values={}, url=None, type=ActionKind.NONE)
    assert action.to_json() == '{"type":"none","url":null,"values":{}}'


def test_a_time_is_written_in_utc_wherever_it_was_read() -> None:
    there = replace(PAYMENT, created_at=AT.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert PaymentView.of(there).to_json() == PaymentView.of(PAYMENT).to_json()
