"""Approvals: a second owner or finance approves a request, or refuses it, within a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from payments.domain.records.approval import Approval, ApprovalKind, ApprovalState
from payments.domain.records.case import Case, Outcome
from payments.domain.records.event import Why
from payments.domain.rules import decisions
from payments.store.contract.errors import Conflict
from payments.usecases.case.decide import decide
from payments.usecases.case.wanted import Wanted
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.errors import ApprovalNotAllowed, ApprovalNotFound, Busy
from payments.usecases.refund.force import send_approved_refund
from payments.usecases.translate import get_or_raise


def approve(approval_id: str, note: str, context: Context) -> Approval:
    """Approve the request and carry it out in the same transaction.

    Raises:
        ApprovalNotFound, ApprovalNotAllowed, and what `decide_case` or `send_approved_refund` raises: nothing was done.
    """
    approval = _answerable(approval_id, context)
    agreed = _save_answer(approval, ApprovalState.APPROVED, note, context)
    _CARRY_OUT[approval.kind](agreed, context)
    return context.store.get_approval(approval_id)


def _decide_case(agreed: Approval, context: Context) -> None:
    case: Case = context.store.get_case(agreed.subject_id)
    if case.decided_at is None and not agreed.is_about(case):
        raise ApprovalNotAllowed("the case has changed since the request: request a new one", state="void")
    wanted = Wanted(Outcome(agreed.outcome), agreed.note, agreed.reference, agreed.attempt_id)
    decide(case, wanted, replace(context, why=Why(agreed.requested_by, context.why.cause)), agreed)


_CARRY_OUT: Mapping[ApprovalKind, Callable[[Approval, Context], None]] = {
    ApprovalKind.DECISION: _decide_case,
    ApprovalKind.FORCED_REFUND: send_approved_refund,
}


def refuse(approval_id: str, note: str, context: Context) -> Approval:
    """Refuse the request; the case stays open. Raises ApprovalNotFound, ApprovalNotAllowed, Busy."""
    approval = _answerable(approval_id, context)
    refused = _save_answer(approval, ApprovalState.REFUSED, note, context)
    now = context.now()
    try:
        commit(
            context,
            lambda: context.store.get_payment(approval.payment_id),
            lambda payment: decisions.approval_recorded(payment, refused, context.why, now),
        )
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; nothing was refused, refuse again") from raced
    return refused


def _answerable(approval_id: str, context: Context) -> Approval:
    approval = get_or_raise(context.store.get_approval, approval_id, ApprovalNotFound("no such approval"))
    state = approval.state_at(context.now())
    if state != "requested":
        raise ApprovalNotAllowed(f"this approval is {state}: request a new one", state=state)
    if approval.requested_by == context.why.actor:
        raise ApprovalNotAllowed(
            "the requester cannot answer this approval: another owner or finance must", state=state
        )
    return approval


def _save_answer(approval: Approval, state: ApprovalState, note: str, context: Context) -> Approval:
    version, now = approval.version + 1, context.now()
    return replace(
        approval, state=state, version=version, answered_by=context.why.actor, answered_at=now, answer_note=note
    )
