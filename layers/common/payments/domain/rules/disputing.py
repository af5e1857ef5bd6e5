"""What a gateway's answer about a dispute changes. Pure: payment, dispute and answer give a change, or None.

Phase and status never fall. The payment's status does not change; the attempt has the disputed amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from payments.domain.change import Change, Record, Reference
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.dispute import Dispute, DisputeSnapshot, DisputeStatus
from payments.domain.records.event import Event, Kind, Why
from payments.domain.records.payment import Attempt, Payment, Step, recorded
from payments.domain.rules.refunding import overdrawn_case
from payments.domain.values import polling
from payments.domain.values.status import Failure, reason

_KIND_OF_STATUS: Mapping[DisputeStatus, Kind] = {
    DisputeStatus.OPEN: "dispute.action_required",
    DisputeStatus.UNDER_REVIEW: "dispute.under_review",
    DisputeStatus.WON: "dispute.won",
    DisputeStatus.LOST: "dispute.lost",
    DisputeStatus.CLOSED: "dispute.closed",
}


def opened(
    payment: Payment, attempt: Attempt, dispute_id: str, snapshot: DisputeSnapshot, why: Why, at: datetime
) -> Change | None:
    """Record a new dispute. If its phase or status is unknown, open a case instead; None if there was one already."""
    if snapshot.phase is None or snapshot.status is None:
        return _unreadable(payment, attempt, snapshot, f"says {snapshot.reported_status}", why, at)
    dispute = Dispute(
        id=dispute_id,
        payment_id=payment.id,
        workspace_id=payment.workspace_id,
        attempt_id=attempt.id,
        gateway=attempt.gateway,
        ref=snapshot.ref,
        amount=snapshot.amount,
        phase=snapshot.phase,
        status=snapshot.status,
        money=snapshot.money,
        opened_at=snapshot.opened_at or at,
        updated_at=at,
        version=0,
        reason_code=snapshot.reason_code,
        respond_by=snapshot.respond_by,
        account_name=attempt.account_name,
    )
    kinds: list[Kind] = ["dispute.opened"]
    if dispute.status is not DisputeStatus.OPEN:
        kinds.append(_KIND_OF_STATUS[dispute.status])
    change = _written(payment, None, dispute, kinds, why, at)
    return replace(change, references=(Reference(dispute.id, dispute.id, dispute.gateway),))


def advance(payment: Payment, dispute: Dispute, snapshot: DisputeSnapshot, why: Why, at: datetime) -> Change | None:
    """What the gateway's answer changes; None if nothing."""
    attempt = payment.attempt(dispute.attempt_id)
    if snapshot.phase is None or snapshot.status is None:
        return _unreadable(payment, attempt, snapshot, f"says {snapshot.reported_status}", why, at)
    updated = replace(dispute, phase=snapshot.phase, status=snapshot.status)
    if updated.status.is_ended and not dispute.status.is_ended and updated.phase.rank < dispute.phase.rank:
        updated = replace(
            updated, phase=dispute.phase
        )  # Stripe ends an unanswered appeal with a status of the chargeback.
    if updated.phase is dispute.phase and dispute.status.is_ended and updated.status is not dispute.status:
        return _unreadable(
            payment, attempt, snapshot, f"ended as {dispute.status} here and is {snapshot.status} there", why, at
        )
    if updated.rank < dispute.rank:
        return _another_answer_wanted(payment, dispute, updated, snapshot, why, at)
    if updated.rank > dispute.rank:
        is_same_round = updated.phase is dispute.phase and not updated.status.is_ended
        updated = replace(
            _with_facts(updated, snapshot),
            wants_another_answer=False,
            is_accepting=dispute.is_accepting and is_same_round,
        )
        return _written(payment, dispute, updated, [_KIND_OF_STATUS[updated.status]], why, at)
    updated = _with_facts(dispute, snapshot)
    return _written(payment, dispute, updated, ["dispute.updated"], why, at) if updated != dispute else None


def _another_answer_wanted(
    payment: Payment, dispute: Dispute, updated: Dispute, snapshot: DisputeSnapshot, why: Why, at: datetime
) -> Change | None:
    """A lower status changes only this: within a phase, the gateway may want one more answer."""
    is_wanted = updated.phase is dispute.phase and updated.status is DisputeStatus.OPEN
    if not is_wanted or dispute.wants_another_answer:
        return None
    again = replace(_with_facts(dispute, snapshot), wants_another_answer=True)
    return _written(payment, dispute, again, ["dispute.action_required"], why, at)


def _with_facts(dispute: Dispute, snapshot: DisputeSnapshot) -> Dispute:
    """The dispute with the reported facts. A time or reason that the gateway no longer reports stays."""
    return replace(
        dispute,
        amount=snapshot.amount,
        money=snapshot.money,
        reason_code=snapshot.reason_code or dispute.reason_code,
        respond_by=snapshot.respond_by or dispute.respond_by,
    )


def accept_requested(payment: Payment, dispute: Dispute, reason: str, why: Why, at: datetime) -> Change:
    """The request to accept the dispute, stored before the gateway is called."""
    changed = replace(dispute, is_accepting=True)
    return _written(payment, dispute, changed, ["dispute.accept_requested"], why, at, note=reason)


def accept_refused(payment: Payment, dispute: Dispute, refusal: Failure, why: Why, at: datetime) -> Change:
    """The gateway refused the acceptance; the dispute goes on."""
    refused = replace(dispute, is_accepting=False)
    note = f"the gateway refused: {reason(refusal)}"
    return _written(payment, dispute, refused, ["dispute.accept_refused"], why, at, note=note)


def next_check(dispute: Dispute, now: datetime) -> datetime | None:
    """When the sweep checks it next; None once it has ended. A webhook or the daily list finds a reopened dispute."""
    if dispute.status.is_ended:
        return None
    if dispute.is_accepting:
        return now + polling.open_due_after(now - dispute.updated_at)
    return now + polling.dispute_due_after(now, dispute.respond_by if dispute.wants_answer else None)


def is_due_soon(dispute: Dispute, now: datetime) -> bool:
    """Whether less than a day is left to answer it."""
    if not dispute.wants_answer or dispute.is_accepting or dispute.respond_by is None:
        return False
    return timedelta(0) < dispute.respond_by - now < polling.DISPUTE_DUE_SOON


def _written(
    payment: Payment, before: Dispute | None, after: Dispute, kinds: list[Kind], why: Why, at: datetime, note: str = ""
) -> Change:
    """The dispute in its next version, the attempt with new counters, and one event for each of `kinds`."""
    attempt = _counted(payment.attempt(after.attempt_id), before, after)
    records: tuple[Record, ...] = ()
    if attempt.is_overdrawn and _withheld(attempt, after) and not after.is_overdraft_reported:
        after = replace(after, is_overdraft_reported=True)
        records = (overdrawn_case(payment, attempt, after.id, at),)
    after = replace(after, version=after.version + 1, updated_at=at)
    after = replace(after, due_at=next_check(after, at))
    moved, events = payment.with_attempt(attempt), tuple[Event, ...]()
    status = str(before.status) if before else ""
    for kind in kinds:
        text = note or " ".join(filter(None, (after.phase, after.reason_code)))
        moved, event = recorded(moved, Step(kind, after.id, status, after.status, after.amount.minor, text), why, at)
        events += (event,)
    return Change(moved, events, (after, *records))


def _counted(attempt: Attempt, before: Dispute | None, after: Dispute) -> Attempt:
    """The attempt with its counters changed by the difference between `before` and `after`."""
    disputed = attempt.disputed_minor + _withheld(attempt, after) - _withheld(attempt, before)
    changes: dict[str, Any] = {"disputed_minor": max(0, disputed)}
    for dispute, by in ((before, -1), (after, 1)):
        if name := _counter(dispute):
            changes[name] = changes.get(name, getattr(attempt, name)) + by
    return replace(attempt, **changes)


def _counter(dispute: Dispute | None) -> str:
    if dispute is None or dispute.status is DisputeStatus.CLOSED:
        return ""
    if dispute.status.is_ended:
        return f"{dispute.status}_disputes"
    return "open_inquiries" if dispute.is_inquiry else "open_disputes"


def _withheld(attempt: Attempt, dispute: Dispute | None) -> int:
    """Minor units that the dispute withholds: all of the capture if the dispute has another currency."""
    if dispute is None or not dispute.withheld:
        return 0
    is_same = dispute.amount.currency == attempt.amount.currency
    return dispute.withheld if is_same else attempt.captured_minor


def _unreadable(
    payment: Payment, attempt: Attempt, snapshot: DisputeSnapshot, what: str, why: Why, at: datetime
) -> Change | None:
    """Open one case for each dispute and unknown code, so that a person reads the dispute at the gateway."""
    unreadable = f"{snapshot.ref} {snapshot.reported_status}"
    if unreadable in attempt.unreadable_disputes:
        return None
    note = f"{snapshot.ref} of {snapshot.amount.minor} {snapshot.amount.currency} at {attempt.gateway} {what}"
    kind = CaseKind.DISPUTE_UNREADABLE
    case = Case(kind, snapshot.ref, payment.workspace_id, at, note, payment.id, snapshot.amount)
    attempt = replace(attempt, unreadable_disputes=(*attempt.unreadable_disputes, unreadable))
    step = Step("dispute.unreadable", attempt.id, "", "", snapshot.amount.minor, note)
    moved, event = recorded(payment.with_attempt(attempt), step, why, at)
    return Change(moved, (event,), (case,))
