"""Decide a case of no workspace, as operators do in `_deployment`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payments.domain.change import Change
from payments.domain.records.case import Case, Outcome
from payments.domain.records.payment import Payment
from payments.domain.rules import decisions
from payments.domain.rules.decisions import Decision
from payments.domain.values.ids import PAYMENT, is_id
from payments.store.contract.errors import Conflict, NotFound
from payments.usecases.case.lookup import case_of
from payments.usecases.case.wanted import Wanted, require_allowed
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.errors import Busy, DecisionNotPossible
from payments.usecases.ports import Ports

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


def decide_unowned_case(case_id: str, wanted: Wanted, context: Context) -> Case:
    """Decide a case of no workspace, and return it. No second person has to approve.

    Raises:
        CaseNotFound, OutcomeNotAllowed, DecisionNotPossible (no such payment), Busy: nothing was decided.
    """
    case = case_of(context.ports.store, case_id)
    if case.decided_at:
        return case
    require_allowed(case, wanted)
    if wanted.outcome is Outcome.OURS:
        _record_in_payment(case, wanted, context)
        case = replace(case, payment_id=wanted.payment_id)
    return _save_decision(case, wanted, context)


def _save_decision(case: Case, wanted: Wanted, context: Context) -> Case:
    """Save the decision and return the case. If another person decided first, return the case with that decision."""
    ended = decisions.decided(case, _decision(wanted), context.why, context.now())
    try:
        context.ports.store.put_case(ended)
    except Conflict as raced:
        current = case_of(context.ports.store, case.id)
        if current.decided_at is None:
            raise Busy("the case was opened anew just now; read it, and decide again") from raced
        return current
    return ended


def _decision(wanted: Wanted) -> Decision:
    return Decision(wanted.outcome, wanted.note, refund_id="")  # It makes no refund.


def _record_in_payment(case: Case, wanted: Wanted, context: Context) -> None:
    """Write the decision as an event of the payment, once. After a crash here, the case is still open."""
    store = _find_workspace(wanted.payment_id, context.ports)

    def decide(payment: Payment) -> Change | None:
        if _is_recorded(store, case, payment):
            return None
        noted = decisions.noted(payment, case, _decision(wanted), context.why, context.now())
        return replace(noted, records=())  # A workspace's transaction cannot write this case.

    try:
        commit(replace(context, store=store), lambda: store.get_payment(wanted.payment_id), decide)
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; nothing was decided, decide again") from raced


def _is_recorded(store: WorkspaceStore, case: Case, payment: Payment) -> bool:
    events = store.list_events(payment.id)
    about = [event for event in events if (event.kind, event.subject_id) == ("case.decided", case.subject_id)]
    return any(event.at >= case.opened_at for event in about)


def _find_workspace(payment_id: str, ports: Ports) -> WorkspaceStore:
    """The store of the payment's workspace. It tries each workspace: there is no common index, and this is rare."""
    for workspace_id in ports.store.list_workspace_ids() if is_id(PAYMENT, payment_id) else ():
        store = ports.store.within(workspace_id)
        try:
            store.get_payment(payment_id)
        except NotFound:
            continue
        return store
    raise DecisionNotPossible("no workspace has a payment of this payment_id: send another one, or not_ours")
