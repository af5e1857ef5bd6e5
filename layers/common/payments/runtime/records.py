"""What callers get to see of a payment's history: its events, refunds and reconciliation reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import Field, WithJsonSchema

from payments.domain.records.approval import Approval, ApprovalKind
from payments.domain.records.case import OUTCOMES, Case, CaseKind
from payments.domain.records.event import Cause, Event, Kind, split_cause
from payments.domain.records.payment import Payment
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.values.status import Status
from payments.runtime.views import FailureView, JsonView, PaymentView


def _one_of(words: object) -> WithJsonSchema:
    """Described as one of these, and shown whatever is stored: a newer version may have written another."""
    return WithJsonSchema({"type": "string", "enum": list(get_args(words))}, mode="serialization")


class EventView(JsonView):
    seq: int
    kind: Annotated[str, _one_of(Kind)]
    subject_id: str
    from_: str
    to: str
    actor: str
    cause: Annotated[str, _one_of(Cause)]
    gateway_event: Annotated[
        str, Field(description="of the cause webhook: the event's name at the gateway; else empty")
    ]
    at: datetime
    amount: Annotated[int | None, Field(description="of the money that the event is about, in minor units")]
    note: str

    @staticmethod
    def of(event: Event) -> EventView:
        cause, gateway_event = split_cause(event.cause)
        return EventView(
            seq=event.seq,
            kind=event.kind,
            subject_id=event.subject_id,
            from_=event.from_status,
            to=event.to_status,
            actor=event.actor,
            cause=cause,
            gateway_event=gateway_event,
            at=event.at,
            amount=event.amount_minor or None,
            note=event.note,
        )


RefundState = Literal["pending", "processing", "completed", "failed", "returned"]
_REFUND_WORDS: Mapping[Status, RefundState] = {
    Status.CREATED: "pending",
    Status.PROCESSING: "processing",
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.RETURNED: "returned",
}


class RefundView(JsonView):
    refund_id: str
    payment_id: str
    attempt_id: str
    merchant_order_id: str
    gateway_refund_id: Annotated[
        str, Field(description="the gateway's id of it, for its support; empty until it answered")
    ]
    amount: int
    currency: str
    status: RefundState
    actor: Annotated[str, Field(description="who requested it; gateway: it was made there, without us")]
    reason_code: ReasonCode
    reason_text: str
    failure: FailureView | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None

    @staticmethod
    def of(refund: Refund) -> RefundView:
        return RefundView(
            refund_id=refund.id,
            payment_id=refund.payment_id,
            attempt_id=refund.attempt_id,
            merchant_order_id=refund.merchant_order_id,
            gateway_refund_id=refund.refund_ref,
            amount=refund.amount.minor,
            currency=refund.amount.currency,
            status=_REFUND_WORDS[refund.status],
            actor=refund.actor,
            reason_code=refund.reason_code,
            reason_text=refund.reason_text,
            failure=FailureView.of(refund.failure, is_staff=True),
            created_at=refund.created_at,
            updated_at=refund.updated_at,
            completed_at=refund.completed_at,
        )


class EventList(JsonView):
    data: tuple[EventView, ...]
    next_cursor: None

    @staticmethod
    def of(events: Sequence[Event]) -> EventList:
        return EventList(data=tuple(map(EventView.of, events)), next_cursor=None)


class RefundList(JsonView):
    data: tuple[RefundView, ...]
    next_cursor: None

    @staticmethod
    def of(refunds: Sequence[Refund]) -> RefundList:
        return RefundList(data=tuple(map(RefundView.of, refunds)), next_cursor=None)


class CaseView(JsonView):
    """What waits for a person. `subject_id` is a payment, a refund, or an order that is not ours."""

    case_id: str
    kind: CaseKind
    subject_id: str
    payment_id: Annotated[str, Field(description="empty for an order that is not ours")]
    amount: Annotated[int | None, Field(description="what is at stake, in minor units of currency")]
    currency: str
    opened_at: datetime
    note: str
    outcomes: Annotated[tuple[str, ...], Field(description="what may be decided")]
    decided_at: datetime | None
    decided_by: str
    outcome: str
    decision_note: str
    reference: str

    @staticmethod
    def of(case: Case) -> CaseView:
        return CaseView(
            case_id=case.id,
            kind=case.kind,
            subject_id=case.subject_id,
            payment_id=case.payment_id,
            amount=case.amount.minor if case.amount else None,
            currency=case.amount.currency if case.amount else "",
            opened_at=case.opened_at,
            note=case.note,
            outcomes=() if case.decided_at else tuple(map(str, OUTCOMES[case.kind])),
            decided_at=case.decided_at,
            decided_by=case.decided_by,
            outcome=case.outcome,
            decision_note=case.decision_note,
            reference=case.reference,
        )


class CaseList(JsonView):
    data: tuple[CaseView, ...]
    next_cursor: str | None

    @staticmethod
    def of(cases: Sequence[Case], next_cursor: str | None) -> CaseList:
        return CaseList(data=tuple(map(CaseView.of, cases)), next_cursor=next_cursor)


class ApprovalView(JsonView):
    """A request that a second person must approve before `lapses_at`."""

    approval_id: str
    kind: ApprovalKind
    state: Literal["requested", "approved", "refused", "lapsed"]
    subject_id: str
    payment_id: str
    amount: int
    currency: str
    outcome: str
    note: str
    reference: str
    requested_by: str
    requested_at: datetime
    lapses_at: datetime
    answered_by: str
    answered_at: datetime | None
    answer_note: str

    @staticmethod
    def of(approval: Approval, now: datetime) -> ApprovalView:
        return ApprovalView(
            approval_id=approval.id,
            kind=approval.kind,
            state=approval.state_at(now),
            subject_id=approval.subject_id,
            payment_id=approval.payment_id,
            amount=approval.amount.minor,
            currency=approval.amount.currency,
            outcome=approval.outcome,
            note=approval.note,
            reference=approval.reference,
            requested_by=approval.requested_by,
            requested_at=approval.requested_at,
            lapses_at=approval.lapses_at,
            answered_by=approval.answered_by,
            answered_at=approval.answered_at,
            answer_note=approval.answer_note,
        )


class ApprovalList(JsonView):
    data: tuple[ApprovalView, ...]
    next_cursor: str | None

    @staticmethod
    def of(approvals: Sequence[Approval], next_cursor: str | None, now: datetime) -> ApprovalList:
        views = tuple(ApprovalView.of(approval, now) for approval in approvals)
        return ApprovalList(data=views, next_cursor=next_cursor)


class DecisionView(JsonView):
    """The decided case; or, above the workspace's limit, the approval that a second person must give first."""

    case: CaseView
    approval: ApprovalView | None


class PaymentList(JsonView):
    data: tuple[PaymentView, ...]
    next_cursor: str | None

    @staticmethod
    def of(payments: Sequence[Payment], next_cursor: str | None = None, *, is_staff: bool = False) -> PaymentList:
        views = tuple(PaymentView.of(payment, is_staff=is_staff) for payment in payments)
        return PaymentList(data=views, next_cursor=next_cursor)
