"""Cases of no workspace: operators list and decide them in the workspace `_deployment`. All others are in `cases`."""

from __future__ import annotations

from dataclasses import replace

from payments.domain import decisions
from payments.domain.approval import Approval
from payments.domain.case import DEPLOYMENT, Case, Outcome
from payments.domain.change import Change
from payments.domain.decisions import Decision
from payments.domain.event import Why
from payments.domain.ids import PAYMENT, is_id
from payments.domain.payment import Payment
from payments.store.contract import Conflict, NotFound, WorkspaceStore
from payments.usecases import cases
from payments.usecases.cases import SHOWN_MAX, Wanted
from payments.usecases.commit import commit
from payments.usecases.errors import Busy, CaseNotFound, DecisionNotPossible
from payments.usecases.parts import Parts


def list_cases(workspace_id: str, parts: Parts) -> list[Case]:
    """The open ones."""
    return parts.store.list_cases(SHOWN_MAX) if workspace_id == DEPLOYMENT else cases.list_cases(workspace_id, parts)


def decide_case(
    workspace_id: str, case_id: str, wanted: Wanted, why: Why, parts: Parts
) -> tuple[Case, Approval | None]:
    """As `cases.decide_case`, which it is for every workspace but `_deployment`.

    Raises:
        CaseNotFound, OutcomeNotAllowed, DecisionNotPossible (no such payment), Busy: nothing was decided.
    """
    if workspace_id != DEPLOYMENT:
        return cases.decide_case(workspace_id, case_id, wanted, why, parts)
    case = _found(case_id, parts)
    if case.decided_at:
        return case, None
    cases.require_allowed(case, wanted)
    if wanted.outcome is Outcome.OURS:
        _tell_payment(case, wanted, why, parts)
        case = replace(case, payment_id=wanted.payment_id)
    return _decided(case, wanted, why, parts), None


def _found(case_id: str, parts: Parts) -> Case:
    try:
        return parts.store.get_case(case_id)
    except NotFound as missing:
        raise CaseNotFound("no such case") from missing


def _decided(case: Case, wanted: Wanted, why: Why, parts: Parts) -> Case:
    """Decided once: who is second gets the first one's decision."""
    ended = decisions.decided(case, _decision(wanted), why, parts.clock.now())
    try:
        parts.store.put_case(ended)
    except Conflict as raced:
        current = _found(case.id, parts)
        if current.decided_at is None:
            raise Busy("the case was opened anew just now; read it, and decide again") from raced
        return current
    return ended


def _decision(wanted: Wanted) -> Decision:
    return Decision(wanted.outcome, wanted.note, refund_id="")  # Nothing is refunded by it.


def _tell_payment(case: Case, wanted: Wanted, why: Why, parts: Parts) -> None:
    """In the payment's own record. It is written first, and once: a crash between both leaves the case open."""
    store = _workspace_of(wanted.payment_id, parts)

    def decide(payment: Payment) -> Change | None:
        if _is_told(store, case, payment):
            return None
        told = decisions.noted(payment, case, _decision(wanted), why, parts.clock.now())
        return replace(told, records=())  # The case is of no workspace, so no transaction of one can write it.

    try:
        commit(store, parts, lambda: store.get_payment(wanted.payment_id), decide)
    except Conflict as raced:
        raise Busy("too many writers at this payment at once; nothing was decided, decide again") from raced


def _is_told(store: WorkspaceStore, case: Case, payment: Payment) -> bool:
    events = store.list_events(payment.id)
    about = [event for event in events if (event.kind, event.subject_id) == ("case.decided", case.subject_id)]
    return any(event.at >= case.opened_at for event in about)


def _workspace_of(payment_id: str, parts: Parts) -> WorkspaceStore:
    """The one that has this payment. Each is asked: payments have no look-up across workspaces, and this is rare."""
    for workspace_id in parts.store.list_workspace_ids() if is_id(PAYMENT, payment_id) else ():
        store = parts.store.within(workspace_id)
        try:
            store.get_payment(payment_id)
        except NotFound:
            continue
        return store
    raise DecisionNotPossible("no workspace has a payment of this payment_id: send another one, or not_ours")
