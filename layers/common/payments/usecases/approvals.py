"""Approvals: a second owner or finance agrees, or refuses, within a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from payments.domain import decisions
from payments.domain.approval import Approval, ApprovalKind, ApprovalState
from payments.domain.case import Case, Outcome
from payments.domain.event import Why
from payments.store.contract import Conflict, NotFound, WorkspaceStore
from payments.usecases.cases import Wanted, decide
from payments.usecases.commit import commit
from payments.usecases.errors import ApprovalNotAllowed, ApprovalNotFound, Busy
from payments.usecases.forcing import send_approved_refund
from payments.usecases.parts import Parts

SHOWN_MAX = 200


def list_approvals(workspace_id: str, parts: Parts) -> list[Approval]:
    """Newest first, answered and lapsed ones too."""
    return parts.store.within(workspace_id).list_approvals(SHOWN_MAX)


def approve(workspace_id: str, approval_id: str, note: str, why: Why, parts: Parts) -> Approval:
    """Approve the request; it is carried out in the same transaction.

    Raises:
        ApprovalNotFound, ApprovalNotAllowed, and what `decide_case` or `send_approved_refund` raises: nothing was done.
    """
    store = parts.store.within(workspace_id)
    approval = _answerable(store, approval_id, why, parts)
    agreed = _answered(approval, ApprovalState.APPROVED, note, why, parts)
    _CARRY_OUT[approval.kind](store, agreed, why, parts)
    return store.get_approval(approval_id)


def _decide_case(store: WorkspaceStore, agreed: Approval, why: Why, parts: Parts) -> None:
    case: Case = store.get_case(agreed.subject_id)
    if case.decided_at is None and not agreed.is_about(case):
        raise ApprovalNotAllowed("the case has changed since the request: request a new one", state="void")
    wanted = Wanted(Outcome(agreed.outcome), agreed.note, agreed.reference, agreed.attempt_id)
    decide(store, case, wanted, Why(agreed.asked_by, why.cause), parts, agreed)


_CARRY_OUT: Mapping[ApprovalKind, Callable[[WorkspaceStore, Approval, Why, Parts], None]] = {
    ApprovalKind.DECISION: _decide_case,
    ApprovalKind.FORCED_REFUND: send_approved_refund,
}


def refuse(workspace_id: str, approval_id: str, note: str, why: Why, parts: Parts) -> Approval:
    """Refuse the request; the case stays open. Raises ApprovalNotFound, ApprovalNotAllowed, Busy."""
    store = parts.store.within(workspace_id)
    approval = _answerable(store, approval_id, why, parts)
    refused = _answered(approval, ApprovalState.REFUSED, note, why, parts)
    now = parts.clock.now()
    try:
        commit(
            store,
            parts,
            lambda: store.get_payment(approval.payment_id),
            lambda payment: decisions.approval_recorded(payment, refused, why, now),
        )
    except Conflict as raced:
        raise Busy("too many writers at this payment at once; nothing was refused, refuse again") from raced
    return refused


def _answerable(store: WorkspaceStore, approval_id: str, why: Why, parts: Parts) -> Approval:
    try:
        approval = store.get_approval(approval_id)
    except NotFound as missing:
        raise ApprovalNotFound("no such approval") from missing
    state = approval.state_at(parts.clock.now())
    if state != "asked":
        raise ApprovalNotAllowed(f"this approval is {state}: request a new one", state=state)
    if approval.asked_by == why.actor:
        raise ApprovalNotAllowed("another owner or finance than the requester must answer", state=state)
    return approval


def _answered(approval: Approval, state: ApprovalState, note: str, why: Why, parts: Parts) -> Approval:
    version, now = approval.version + 1, parts.clock.now()
    return replace(approval, state=state, version=version, answered_by=why.actor, answered_at=now, answer_note=note)
