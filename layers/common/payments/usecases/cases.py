"""Cases: what a person must look at, and the word that he has."""

from __future__ import annotations

from dataclasses import replace

from payments.domain import refunding, transitions
from payments.domain.case import Case, CaseKind
from payments.domain.change import Change
from payments.domain.event import Why
from payments.store.contract import Conflict, NotFound, WorkspaceStore
from payments.usecases.commit import commit
from payments.usecases.errors import Busy, CaseNotFound
from payments.usecases.parts import Parts

SHOWN_MAX = 200
_HOLDS = (
    CaseKind.AMOUNT_MISMATCH,
    CaseKind.CURRENCY_MISMATCH,
    CaseKind.MERCHANT_MISMATCH,
    CaseKind.LATE_SUCCESS_HELD,
)


def list_cases(workspace_id: str, parts: Parts) -> list[Case]:
    """The open ones."""
    return parts.store.within(workspace_id).list_cases(SHOWN_MAX)


def close_case(workspace_id: str, case_id: str, note: str, why: Why, parts: Parts) -> Case:
    """Closed; a hold that it put on a payment or refund ends, and the gateway is asked anew at the next look.

    What the gateway still contradicts then is held again, under a case that is open again.

    Raises:
        CaseNotFound: there is no such case in this workspace.
        Busy: nothing was done.
    """
    store = parts.store.within(workspace_id)
    try:
        case = store.get_case(case_id)
    except NotFound as missing:
        raise CaseNotFound("no such case") from missing
    closed = replace(case, closed_at=parts.clock.now(), closed_by=why.actor, closing_note=note)
    try:
        done = commit(store, parts, lambda: closed, lambda ended: _release(store, ended, why, parts))
        if done.change is None and not case.closed_at:
            store.put_case(closed)
    except Conflict as raced:
        raise Busy("too many writers at this payment at once; nothing was done, close the case again") from raced
    return closed if done.change or not case.closed_at else case


def _release(store: WorkspaceStore, closed: Case, why: Why, parts: Parts) -> Change | None:
    now = parts.clock.now()
    if closed.kind in _HOLDS:
        payment = store.get_payment(closed.subject_id)
        is_its_hold = payment.hold is not None and transitions.CASE_OF_HOLD[payment.hold] is closed.kind
        return transitions.released(payment, closed, why, now) if is_its_hold else None
    if closed.kind is CaseKind.REFUND_MISMATCH:
        refund = store.get_refund(closed.subject_id)
        payment, refund = store.get_refunding(refund.payment_id, refund.id)
        return refunding.released(payment, refund, closed, why, now) if refund.is_held else None
    return None
