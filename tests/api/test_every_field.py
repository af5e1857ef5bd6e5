"""Each field of each view shows its own value: all fields have different values."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from dev.tools.openapi import make_describable
from payments.api.case.responses import ApprovalView, CaseView
from payments.api.checkout.responses import CheckoutView
from payments.api.dispute.responses import DisputeView
from payments.api.gateway.responses import GatewayList
from payments.api.payment.responses import PaymentView
from payments.api.payment.timeline import EventView
from payments.api.reconciliation.responses import ReportList, ReportView
from payments.api.refund.responses import RefundView
from payments.api.stored_answers import ApiAnswers
from payments.api.view import JsonView
from payments.domain.records.approval import Approval, ApprovalKind, ApprovalState
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.dispute import Dispute, DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.records.event import Event
from payments.domain.records.payment import Attempt, Customer, Payment, Review, ReviewKind
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.values.clock import to_text
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import ActionKind, CaptureMode, MethodType, NextAction, Terms
from payments.usecases.gateway.offers import Offer

AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return AT + timedelta(minutes=minute)


def text(minute: int) -> str:
    return to_text(at(minute))


def shown(view: JsonView) -> Any:
    """As JSON. pydantic warns where a value is not of its field's type."""
    make_describable(JsonView)
    TypeAdapter(type(view)).dump_python(view, warnings="error")
    return json.loads(view.to_json())


DECLINED = Failure(FailureCode.DECLINED, "ZM", "no")
FIRST = Attempt(
    id="att_1",
    number=1,
    gateway="phonepe",
    account_name="eu",
    amount=Money(500, "INR"),
    status=Status.COMPLETED,
    created_at=at(1),
    sent_at=at(2),
    expires_at=at(3),
    checkout_ref="cs_1",
    terms=Terms(MethodType.EMI, CaptureMode.AUTO, 3),
    payment_ref="pi_1",
    honored_until=at(4),
    captured_minor=490,
    reserved_minor=20,
    refunded_minor=30,
    disputed_minor=40,
    lost_disputes=1,
    written_off_minor=50,
    fee_minor=60,
)
SECOND = replace(
    FIRST,
    id="att_2",
    number=2,
    gateway="stripe",
    status=Status.FAILED,
    created_at=at(11),
    sent_at=at(12),
    expires_at=at(13),
    checkout_ref="cs_2",
    terms=Terms(MethodType.CARD, CaptureMode.MANUAL, 0),
    payment_ref="pi_2",
    failure=DECLINED,
    honored_until=None,
    captured_minor=0,
)
PAYMENT = Payment(
    id="pay_1",
    workspace_id="ws_demo",
    merchant_order_id="ORDER-1",
    amount=Money(500, "INR"),
    status=Status.COMPLETED,
    version=9,
    attempts=(FIRST, SECOND),
    return_url="https://shop.example/",
    created_at=at(0),
    updated_at=at(20),
    winning_attempt_id="att_1",
    review=Review(ReviewKind.MERCHANT, "att_1", at(5)),
    replaces="pay_0",
    replaced_by="pay_2",
    customer=Customer("c-1", "Asha", "asha@example.com", "+919876543210", is_mobile_e164=True),
    metadata={"cart": "7"},
    due_at=at(21),
)


def test_a_payment_with_two_attempts_shows_each_field_of_the_one_that_it_is_of() -> None:
    assert shown(PaymentView.of(PAYMENT, is_staff=True)) == {
        "payment_id": "pay_1",
        "merchant_order_id": "ORDER-1",
        "workspace_id": "ws_demo",
        "amount": 500,
        "currency": "INR",
        "status": "completed",
        "refund_status": "partial",
        "amount_capturable": 0,
        "amount_captured": 490,
        "amount_reserved": 20,
        "amount_refunded": 30,
        "amount_disputed": 40,
        "dispute_status": "lost",
        "amount_written_off": 50,
        "fee": 60,
        "gateway": "phonepe",
        "method_type": "card",
        "capture": "manual",
        "installments": None,
        "checkout_ref": "cs_1",
        "receipt": "ORDER-1-PAY-001",
        "attempt_count": 2,
        "next_action": {"type": "none", "url": None, "values": {}},
        "failure": None,
        "review": "merchant",
        "late": False,
        "in_progress": False,
        "replaced_by": "pay_2",
        "attempts": [
            {
                "attempt_id": "att_1",
                "number": 1,
                "gateway": "phonepe",
                "account": "eu",
                "status": "completed",
                "payment_ref": "pi_1",
                "failure": None,
                "created_at": text(1),
                "expires_at": text(3),
                "honored_until": text(4),
            },
            {
                "attempt_id": "att_2",
                "number": 2,
                "gateway": "stripe",
                "account": "eu",
                "status": "failed",
                "payment_ref": "pi_2",
                "failure": {"code": "declined", "gateway_code": "ZM", "message": "no"},
                "created_at": text(11),
                "expires_at": text(13),
                "honored_until": None,
            },
        ],
        "customer": {
            "id": "c-1",
            "name": "Asha",
            "email": "asha@example.com",
            "mobile": "+919876543210",
            "mobile_sent": True,
        },
        "metadata": {"cart": "7"},
        "return_url": "https://shop.example/",
        "created_at": text(0),
        "updated_at": text(20),
        "expires_at": text(13),
    }


def test_a_checkout_shows_the_payers_part_of_it() -> None:
    action = NextAction(ActionKind.CLIENT_SDK, "", {"key": "pk"})
    live = replace(SECOND, status=Status.PENDING, failure=None, next_action=action)
    unpaid = replace(PAYMENT, status=Status.PENDING, attempts=(live,), winning_attempt_id="", review=None)
    assert shown(CheckoutView.of(unpaid)) == {
        "payment_id": "pay_1",
        "merchant_order_id": "ORDER-1",
        "amount": 500,
        "currency": "INR",
        "status": "pending",
        "refund_status": "none",
        "failure": None,
        "next_action": {"type": "client_sdk", "url": None, "values": {"key": "pk"}},
        "expires_at": text(13),
        "return_url": "https://shop.example/",
    }
    failed = replace(unpaid, status=Status.FAILED, attempts=(SECOND,))
    assert shown(CheckoutView.of(failed))["failure"] == {"code": "declined"}


@pytest.mark.parametrize(
    ("changes", "is_payable"),
    [({}, True), ({"review": PAYMENT.review}, False), ({"winning_attempt_id": "att_1"}, False)],
)
def test_a_payer_is_sent_on_only_where_nothing_was_paid_and_nothing_has_to_be_decided(
    changes: dict[str, Any], is_payable: bool
) -> None:
    action = NextAction(ActionKind.REDIRECT, "https://pay.example/x")
    live = replace(SECOND, status=Status.PENDING, failure=None, next_action=action)
    payment = replace(PAYMENT, attempts=(FIRST, live), winning_attempt_id="", review=None)
    assert (shown(PaymentView.of(replace(payment, **changes)))["next_action"]["type"] != "none") is is_payable


def test_money_that_came_and_goes_back_is_shown_where_no_attempt_wins() -> None:
    excess = replace(FIRST, is_excess=True, is_late=True)
    returned = shown(PaymentView.of(replace(PAYMENT, attempts=(excess, SECOND), winning_attempt_id="")))
    assert (returned["amount_captured"], returned["amount_refunded"], returned["gateway"]) == (490, 30, "phonepe")
    assert (returned["late"], returned["checkout_ref"]) == (True, "cs_1")


def test_a_payment_is_in_progress_only_while_its_newest_attempt_is_open() -> None:
    live = replace(SECOND, status=Status.PENDING, in_progress_at=at(14))
    for attempt, is_in_progress in ((live, True), (replace(live, status=Status.EXPIRED), False)):
        payment = replace(PAYMENT, attempts=(attempt,), winning_attempt_id="")
        assert shown(PaymentView.of(payment))["in_progress"] is is_in_progress


def test_nothing_is_left_to_capture_beside_a_winning_attempt() -> None:
    authorized = replace(SECOND, status=Status.AUTHORIZED, failure=None)
    for winning_attempt_id, capturable in (("", 500), ("att_1", 0)):
        payment = replace(PAYMENT, attempts=(FIRST, authorized), winning_attempt_id=winning_attempt_id)
        assert shown(PaymentView.of(payment))["amount_capturable"] == capturable


def test_a_decision_that_ended_a_payment_is_its_failure_before_the_gateways() -> None:
    decided = Failure(FailureCode.REJECTED, "case", "written off")
    for own, code in ((decided, "rejected"), (None, "declined")):
        payment = replace(PAYMENT, status=Status.FAILED, winning_attempt_id="", failure=own)
        assert shown(PaymentView.of(payment))["failure"]["code"] == code


def test_a_refund_shows_each_field() -> None:
    refund = Refund(
        id="rfd_1",
        payment_id="pay_1",
        workspace_id="ws_demo",
        attempt_id="att_1",
        gateway="phonepe",
        amount=Money(30, "INR"),
        status=Status.COMPLETED,
        reason_code=ReasonCode.DAMAGED,
        reason_text="broken",
        actor="user:owner",
        created_at=at(1),
        updated_at=at(2),
        refund_ref="re_1",
        failure=DECLINED,
        due_at=at(3),
        completed_at=at(4),
        merchant_order_id="ORDER-1",
    )
    assert shown(RefundView.of(refund)) == {
        "refund_id": "rfd_1",
        "payment_id": "pay_1",
        "attempt_id": "att_1",
        "merchant_order_id": "ORDER-1",
        "gateway_refund_id": "re_1",
        "amount": 30,
        "currency": "INR",
        "status": "completed",
        "actor": "user:owner",
        "reason_code": "damaged",
        "reason_text": "broken",
        "failure": {"code": "declined", "gateway_code": "ZM", "message": "no"},
        "created_at": text(1),
        "updated_at": text(2),
        "completed_at": text(4),
    }
    assert ApiAnswers("", is_staff=False).refund(refund).status == 201


def test_an_event_shows_each_field() -> None:
    event = Event(
        "pay_1", 7, "refund.completed", "rfd_1", "processing", "completed", "system", "poll", AT, 30, "n", "p"
    )
    assert shown(EventView.of(event)) == {
        "seq": 7,
        "kind": "refund.completed",
        "subject_id": "rfd_1",
        "from": "processing",
        "to": "completed",
        "actor": "system",
        "cause": "poll",
        "gateway_event": "",
        "at": text(0),
        "amount": 30,
        "note": "n",
    }
    assert shown(EventView.of(replace(event, amount_minor=0)))["amount"] is None


CASE = Case(
    kind=CaseKind.UNKNOWN_ORDER,
    subject_id="order-1",
    workspace_id="ws_demo",
    opened_at=at(1),
    note="not ours",
    payment_id="pay_1",
    amount=Money(30, "INR"),
    decided_at=at(2),
    decided_by="user:ravi",
    outcome="ours",
    decision_note="found",
    reference="UTR-1",
)


def test_a_case_shows_each_field() -> None:
    assert shown(CaseView.of(CASE)) == {
        "case_id": "unknown_order:order-1",
        "kind": "unknown_order",
        "subject_id": "order-1",
        "payment_id": "pay_1",
        "amount": 30,
        "currency": "INR",
        "opened_at": text(1),
        "note": "not ours",
        "outcomes": [],
        "decided_at": text(2),
        "decided_by": "user:ravi",
        "outcome": "ours",
        "decision_note": "found",
        "reference": "UTR-1",
    }


def test_an_open_case_shows_what_may_be_decided_and_no_unknown_amount() -> None:
    case = shown(CaseView.of(replace(CASE, decided_at=None, amount=None)))
    assert (case["outcomes"], case["amount"], case["currency"]) == (["ours", "not_ours"], None, "")


APPROVAL = Approval(
    id="apr_1",
    workspace_id="ws_demo",
    payment_id="pay_1",
    kind=ApprovalKind.DECISION,
    subject_id="amount_mismatch:pay_1",
    amount=Money(30, "INR"),
    requested_by="user:owner",
    requested_at=at(1),
    lapses_at=at(2),
    state=ApprovalState.REFUSED,
    outcome="refunded_outside",
    note="why",
    reference="UTR-1",
    attempt_id="att_1",
    answered_by="user:ravi",
    answered_at=at(3),
    answer_note="no",
)


def test_an_approval_shows_each_field() -> None:
    assert shown(ApprovalView.of(APPROVAL, AT)) == {
        "approval_id": "apr_1",
        "kind": "decision",
        "state": "refused",
        "subject_id": "amount_mismatch:pay_1",
        "payment_id": "pay_1",
        "amount": 30,
        "currency": "INR",
        "outcome": "refunded_outside",
        "note": "why",
        "reference": "UTR-1",
        "requested_by": "user:owner",
        "requested_at": text(1),
        "lapses_at": text(2),
        "answered_by": "user:ravi",
        "answered_at": text(3),
        "answer_note": "no",
    }


def test_a_request_for_an_approval_is_accepted_as_sent_and_lapses_at_its_time() -> None:
    request = replace(APPROVAL, state=ApprovalState.REQUESTED, answered_at=None)
    answer = ApiAnswers("", is_staff=False).approval(request)
    assert (answer.status, json.loads(answer.body)["state"]) == (202, "requested")
    assert shown(ApprovalView.of(request, request.lapses_at))["state"] == "lapsed"


def test_a_dispute_shows_each_field() -> None:
    dispute = Dispute(
        id="dsp_1",
        payment_id="pay_1",
        workspace_id="ws_demo",
        attempt_id="att_1",
        gateway="stripe",
        ref="dp_1",
        amount=Money(30, "USD"),
        phase=DisputePhase.ARBITRATION,
        status=DisputeStatus.UNDER_REVIEW,
        money=DisputeMoney.DEBITED,
        opened_at=at(1),
        updated_at=at(2),
        version=3,
        reason_code="fraudulent",
        respond_by=at(4),
        due_at=at(5),
        is_accepting=True,
        account_name="eu",
    )
    assert shown(DisputeView.of(dispute)) == {
        "dispute_id": "dsp_1",
        "payment_id": "pay_1",
        "attempt_id": "att_1",
        "gateway": "stripe",
        "account": "eu",
        "dispute_ref": "dp_1",
        "amount": 30,
        "currency": "USD",
        "phase": "arbitration",
        "status": "under_review",
        "money": "debited",
        "reason_code": "fraudulent",
        "wants_answer": False,
        "respond_by": text(4),
        "accepting": True,
        "opened_at": text(1),
        "updated_at": text(2),
    }


def test_a_gateway_shows_each_field() -> None:
    can = {"capture": True, "partial_capture": False, "cancel": True, "charge": False, "verify": True}
    offer = Offer("stripe", [MethodType.CARD], 50, 60, 180, can, True, {"publishable_key": "pk", "account": "a"})
    assert shown(GatewayList.of([offer], "USD")) == {
        "data": [
            {
                "name": "stripe",
                "method_types": ["card"],
                "currency": "USD",
                "minimum_amount": 50,
                "minimum_refund": 60,
                "refund_window_days": 180,
                "abilities": can,
                "configured": True,
                "client": {"account": "a", "publishable_key": "pk"},
            }
        ]
    }


def finding(kind: str) -> dict[str, str]:
    return {"payment_id": "pay_1", "subject_id": "att_1", "kind": kind, "note": "n"}


REPORT: dict[str, Any] = {
    "reconciliation_id": "rec_1",
    "workspace_id": "ws_demo",
    "dry_run": False,
    "actor": "user:owner",
    "created_from": text(1),
    "created_to": text(2),
    "checkpoints_before": None,
    "started_at": text(3),
    "ended_at": text(4),
    "complete": False,
    "checked": 5,
    "recovered": 6,
    "issues": [finding("a"), finding("b")],
    "unanswered_more": 7,
    "fixes": [finding("c")],
    "cases": [{"case_id": "k:1", "kind": "k", "subject_id": "1", "opened_at": text(0), "note": "n"}],
    "written_off": [{"payment_id": "pay_1", "attempt_id": "att_1", "amount": 8, "currency": "INR"}],
    "not_covered": ["fees"],
}


def test_a_report_shows_each_field_of_its_document() -> None:
    assert shown(ReportView.of(REPORT)) == REPORT | {"next_cursor": None}


def test_a_list_of_reports_counts_what_it_leaves_out() -> None:
    (listed,) = shown(ReportList.of([REPORT], None))["data"]
    left_out = {"dry_run", "issues", "fixes", "cases", "written_off", "not_covered"}
    stored = {name: value for name, value in REPORT.items() if name not in left_out}
    assert listed == stored | {"issue_count": 2, "fix_count": 1}


@pytest.mark.parametrize(("field", "value"), [("amount", "49900"), ("attempts", (1,))])
def test_a_value_of_another_type_than_its_fields_is_found(field: str, value: object) -> None:
    values = {**vars(PaymentView.of(PAYMENT)), field: value}
    with pytest.raises(PydanticSerializationError, match=field):
        shown(PaymentView(**values))
