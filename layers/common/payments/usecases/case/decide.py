"""Decide a case: a contradiction that needs a person's decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from payments.domain.change import Change
from payments.domain.records.approval import LASTS, Approval, ApprovalKind
from payments.domain.records.case import DEPLOYMENT, Case, Outcome
from payments.domain.records.payment import Payment
from payments.domain.rules import decisions
from payments.domain.rules.decisions import Decision, NotPossible
from payments.domain.rules.refunding import ExceedsAvailable
from payments.domain.values.clock import to_text
from payments.domain.values.ids import APPROVAL, ATTEMPT, REFUND
from payments.domain.values.money import Money, minor_units
from payments.gateways.contract.errors import GatewayError
from payments.store.contract.errors import Conflict, StoreError
from payments.usecases.case.decide_unowned import decide_unowned_case
from payments.usecases.case.lookup import case_of
from payments.usecases.case.outcomes import Decider
from payments.usecases.case.wanted import Wanted, require_allowed
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.errors import (
    Busy,
    CaseChanged,
    DecisionNotPossible,
    GatewayDown,
    why_of,
)
from payments.usecases.payment.sync import sync_attempt

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


_APPROVALS_PAGE = 100


def decide_case(case_id: str, wanted: Wanted, context: Context) -> tuple[Case, Approval | None]:
    """Decide a case. Above the workspace's limit, only request a second person's approval.

    Returns the decided case and None, or the open case and the requested approval.

    Raises:
        CaseNotFound: there is no such case in this workspace.
        OutcomeNotAllowed: the case has no such outcome, or a field is missing or too many.
        DecisionNotPossible, CaseChanged, GatewayDown, Busy: nothing was decided.
    """
    if context.store.workspace_id == DEPLOYMENT:
        return decide_unowned_case(case_id, wanted, context), None
    case = case_of(context.store, case_id)
    if case.decided_at:
        return case, None
    require_allowed(case, wanted)
    if needs_two(case, wanted, context.store):
        return case, _request_approval(case, wanted, context)
    return decide(case, wanted, context), None


def needs_two(case: Case, wanted: Wanted, store: WorkspaceStore) -> bool:
    """Whether the decision needs a second person, because the amount is above the workspace's limit."""
    if case.amount is None or wanted.outcome is Outcome.NOTED:
        return False
    return case.amount.minor > store.get_workspace().two_person_above * minor_units(case.amount.currency)


def _request_approval(case: Case, wanted: Wanted, context: Context) -> Approval:
    """Store a request for approval. A case has one open approval at a time; a repeated request returns it."""
    now, amount = context.now(), case.amount or Money(0, "")
    for known in _open_approvals(case, now, context):
        return _same(known, wanted)
    approval = Approval(
        id=context.ports.ids.new(APPROVAL, now),
        workspace_id=case.workspace_id,
        payment_id=case.payment_id,
        kind=ApprovalKind.DECISION,
        subject_id=case.id,
        amount=amount,
        requested_by=context.why.actor,
        requested_at=now,
        lapses_at=now + LASTS,
        outcome=str(wanted.outcome),
        note=wanted.note,
        reference=wanted.reference,
        attempt_id=wanted.attempt_id,
    )

    def decide(payment: Payment) -> Change:
        if any(_open_approvals(case, now, context)):
            raise Conflict("another person asked at the same time")
        return decisions.approval_recorded(payment, approval, context.why, now)

    _commit(case, decide, context)
    return approval


def _open_approvals(case: Case, now: datetime, context: Context) -> Iterator[Approval]:
    """The case's open approvals, newest first. An approval lasts a day, so older pages are not read."""
    cursor = None
    while True:
        page = context.store.list_approvals(_APPROVALS_PAGE, cursor)
        yield from (one for one in page.found if one.is_about(case) and one.is_open(now))
        cursor = page.next_cursor
        if cursor is None or page.found[-1].requested_at < now - LASTS:
            return


def _same(known: Approval, wanted: Wanted) -> Approval:
    """The open approval, if it is for the same decision. Raises DecisionNotPossible if it is for another one."""
    requested_before = (known.outcome, known.note, known.reference, known.attempt_id)
    if requested_before != (wanted.outcome, wanted.note, wanted.reference, wanted.attempt_id):
        request = f"{known.id} asks for {known.outcome} ({known.note}) until {to_text(known.lapses_at)}"
        raise DecisionNotPossible(f"{request}: a second person must approve or refuse it before another request")
    return known


def decide(case: Case, wanted: Wanted, context: Context, approval: Approval | None = None) -> Case:
    """Decide the case, and save `approval`, if given, in the same transaction. Raises as `decide_case`."""
    now = context.now()
    decision = Decision(
        outcome=wanted.outcome,
        note=wanted.note,
        refund_id=context.ports.ids.new(REFUND, now),
        copy_id=context.ports.ids.new(ATTEMPT, now),
        reference=wanted.reference,
        attempt_id=wanted.attempt_id,
        approval=approval,
    )
    decider = Decider(case, decision, context)
    try:
        payment = _commit(case, decider.change, context)
    except (NotPossible, ExceedsAvailable) as refusal:
        raise DecisionNotPossible(str(refusal)) from refusal
    except GatewayError as silence:
        raise GatewayDown("the gateway gave no usable answer, and nothing was decided: decide again") from silence
    after = case_of(context.store, case.id)
    if decider.is_changed and not after.decided_at:
        message = f"nothing was decided, the gateway now reports something else: {after.note}"
        raise CaseChanged(message, note=after.note)
    _void_at_once(payment, context)
    return case_of(context.store, case.id)


def _commit(case: Case, decide_on: Callable[[Payment], Change | None], context: Context) -> Payment:
    """Save the decision and return the payment. Nothing is saved if another person decided first."""

    def decide_once(payment: Payment) -> Change | None:
        current = context.store.get_case(case.id)
        if current.decided_at:
            return None
        if current != case:
            raise CaseChanged(f"nothing was decided, the case has changed: {current.note}", note=current.note)
        return decide_on(payment)

    try:
        done = commit(context, lambda: context.store.get_payment(case.payment_id), decide_once)
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; nothing was decided, decide again") from raced
    return done.change.payment if done.change else done.state


def _void_at_once(payment: Payment, context: Context) -> None:
    """Void or close at the gateway what the decision cancels. If that fails, the sweep does it."""
    if payment.current.is_cancelling and payment.current.status.is_open:
        try:
            sync_attempt(payment.id, payment.current.id, context)
        except (GatewayError, StoreError) as failure:
            facts = {"payment_id": payment.id, "error": type(failure).__name__, "why": why_of(failure)}
            context.ports.note("decision.unsynced", level="WARNING", **facts)
