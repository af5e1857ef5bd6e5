"""Cases, decisions and approvals as the API returns them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from payments.api.view import JsonView
from payments.domain.records.approval import Approval, ApprovalKind
from payments.domain.records.case import OUTCOMES, Case, CaseKind


class CaseView(JsonView):
    """A question that a person decides. `subject_id` is a payment, a refund, or an order that is not ours."""

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
    """The decided case, or the open approval if the amount is above the workspace's limit."""

    case: CaseView
    approval: ApprovalView | None
