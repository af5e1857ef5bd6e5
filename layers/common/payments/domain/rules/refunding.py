"""Refunds: reserve, send, complete, return. Pure. Reserved and refunded amounts never exceed the capture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from payments.domain.change import Change, Reference
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.event import Kind, Why
from payments.domain.records.payment import Attempt, Payment, Step, recorded
from payments.domain.records.refund import SYSTEM, ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.values import polling
from payments.domain.values.status import Status, reason

_KIND_OF_STATUS: Mapping[Status, Kind] = {
    Status.PROCESSING: "refund.processing",
    Status.COMPLETED: "refund.completed",
    Status.FAILED: "refund.failed",
}


class ExceedsAvailable(Exception):
    """The refund is for more than is left of the capture."""


def reserved(payment: Payment, refund: Refund, *, one_at_a_time: bool, why: Why, at: datetime) -> Change:
    """Reserve the refund's amount before the gateway is called.

    Raises:
        ExceedsAvailable: the attempt has less left, or another currency. Disputes do not reduce a forced refund.
    """
    attempt = payment.attempt(refund.attempt_id)
    left = attempt.unspent_minor if refund.is_forced else attempt.available_minor
    if refund.amount.currency != attempt.amount.currency or refund.amount.minor > left:
        raise ExceedsAvailable(refund.id)
    attempt = replace(attempt, reserved_minor=attempt.reserved_minor + refund.amount.minor)
    if one_at_a_time and (attempt.refunding_id or attempt.waiting_refunds):
        attempt = replace(attempt, waiting_refunds=attempt.waiting_refunds + 1)
    else:
        attempt = replace(attempt, refunding_id=refund.id)
    step = Step("refund.created", refund.id, "", refund.status, refund.amount.minor, refund.reason_code)
    moved, event = recorded(payment.with_attempt(attempt), step, why, at)
    return Change(moved, (event,), (_due(refund, at),), (Reference(refund.id, refund.id, refund.gateway),))


def may_be_sent(payment: Payment, refund: Refund, *, one_at_a_time: bool) -> bool:
    """Whether the refund may be sent now: some gateways process one refund of an order at a time."""
    return not one_at_a_time or payment.attempt(refund.attempt_id).refunding_id == refund.id


def waits_for_dispute(payment: Payment, refund: Refund) -> bool:
    """Whether the refund must wait, because a chargeback is open. A forced refund does not wait."""
    return bool(payment.attempt(refund.attempt_id).open_disputes) and not refund.is_forced


def is_lost_to_dispute(payment: Payment, refund: Refund) -> bool:
    """Whether a lost dispute left too little for the refund. The payer has the money by the dispute."""
    attempt = payment.attempt(refund.attempt_id)
    return bool(attempt.lost_disputes) and attempt.is_overdrawn and not refund.is_forced


def took_slot(payment: Payment, refund: Refund, why: Why, at: datetime) -> Change | None:
    """A waiting refund is next at the gateway; None while the gateway processes another one."""
    attempt = payment.attempt(refund.attempt_id)
    if attempt.refunding_id:
        return None
    step = Step("refund.sending", refund.id, refund.status, refund.status, refund.amount.minor)
    attempt = replace(attempt, refunding_id=refund.id, waiting_refunds=max(0, attempt.waiting_refunds - 1))
    moved, event = recorded(payment.with_attempt(attempt), step, why, at)
    return Change(moved, (event,), (next_version(refund, at),))


def excess_refunded(
    change: Change, attempt_id: str, refund_id: str, at: datetime, reason_code: ReasonCode | None = None
) -> Change:
    """The change with a refund of the excess capture, less what a dispute takes. One transaction writes both."""
    payment, attempt = change.payment, change.payment.attempt(attempt_id)
    if not attempt.available_minor:
        return change
    refund = Refund(
        id=refund_id,
        payment_id=payment.id,
        workspace_id=payment.workspace_id,
        attempt_id=attempt_id,
        gateway=attempt.gateway,
        amount=replace(attempt.amount, minor=attempt.available_minor),
        status=Status.CREATED,
        reason_code=reason_code or (ReasonCode.LATE_SUCCESS if attempt.is_late else ReasonCode.DUPLICATE),
        reason_text="",
        actor=SYSTEM,
        created_at=at,
        updated_at=at,
        merchant_order_id=payment.merchant_order_id,
        account_name=attempt.account_name,
    )
    opened = reserved(payment, refund, one_at_a_time=True, why=Why(SYSTEM, "excess capture"), at=at)
    return change.then(opened)


def advance_refund(payment: Payment, refund: Refund, snapshot: Snapshot, why: Why, at: datetime) -> Change | None:
    """What the gateway's answer about a refund changes; None if nothing."""
    if refund.is_contradicted:
        return None
    if refund.status is Status.COMPLETED and snapshot.status is Status.FAILED:
        if refund.decided == Outcome.REFUNDED_OUTSIDE:
            return None  # Refunded by other means, so a failure at the gateway changes nothing.
        return returned(payment, refund, snapshot, why, at)
    if refund.status in (Status.FAILED, Status.RETURNED) and snapshot.status is Status.COMPLETED:
        note = f"{refund.status} here, completed there"
        return None if refund.decided else _contradicted(payment, refund, note, why, at)
    if snapshot.amount is not None and snapshot.amount != refund.amount and not refund.decided:
        reported = f"{snapshot.amount.minor} {snapshot.amount.currency}"
        note = f"requested {refund.amount.minor} {refund.amount.currency}, reported {reported}"
        return _contradicted(payment, refund, note, why, at)
    if not refund.status.is_open or snapshot.status.rank <= refund.status.rank:
        return None
    moved_refund = next_version(
        refund,
        at,
        status=snapshot.status,
        refund_ref=snapshot.ref or refund.refund_ref,
        failure=snapshot.failure,
        updated_at=at,
        completed_at=at if snapshot.status is Status.COMPLETED else None,
        may_return_s=int(snapshot.may_return.total_seconds()),
    )
    attempt = _watched(_booked(payment.attempt(refund.attempt_id), refund, snapshot.status), moved_refund)
    step = Step(
        _KIND_OF_STATUS[snapshot.status],
        refund.id,
        refund.status,
        snapshot.status,
        refund.amount.minor,
        reason(snapshot.failure),
    )
    moved, event = recorded(payment.with_attempt(attempt), step, why, at)
    case = _unreturned(payment, moved_refund, at)
    if refund.is_forced and snapshot.status is Status.COMPLETED and attempt.is_overdrawn:
        case = overdrawn_case(payment, attempt, refund.id, at)
    return Change(moved, (event,), (moved_refund, case) if case else (moved_refund,))


def returned(payment: Payment, refund: Refund, snapshot: Snapshot, why: Why, at: datetime) -> Change:
    """A completed refund came back: the merchant has the money again, and a case is opened.

    For an excess capture it is the case of the failed refund, and the sweep refunds again.
    """
    attempt = payment.attempt(refund.attempt_id)
    attempt = replace(attempt, refunded_minor=attempt.refunded_minor - refund.amount.minor)
    back = next_version(refund, at, status=Status.RETURNED, failure=snapshot.failure, updated_at=at)
    step = Step("refund.returned", refund.id, refund.status, back.status, refund.amount.minor, reason(snapshot.failure))
    moved, event = recorded(payment.with_attempt(attempt), step, why, at)
    if case := _unreturned(payment, back, at):
        return Change(moved, (event,), (back, case))
    note = f"{refund.id} of {refund.amount.minor} {refund.amount.currency} came back: {reason(snapshot.failure)}"
    kind = CaseKind.REFUND_RETURNED
    case = Case(kind, refund.id, payment.workspace_id, at, note, payment.id, refund.amount)
    return Change(moved, (event,), (back, case))


def overdrawn_case(payment: Payment, attempt: Attempt, subject_id: str, at: datetime) -> Case:
    """The case for refunds and disputes that may exceed the capture. `subject_id` is the newest refund or dispute."""
    amount = replace(
        attempt.amount,
        minor=attempt.refunded_minor + attempt.reserved_minor + attempt.disputed_minor - attempt.captured_minor,
    )
    note = (
        f"{attempt.id}: captured {attempt.captured_minor}, refunded {attempt.refunded_minor}, "
        f"reserved {attempt.reserved_minor}, disputed {attempt.disputed_minor} {amount.currency}: "
        "the payer may be paid twice"
    )
    return Case(CaseKind.REFUND_AND_DISPUTE, subject_id, payment.workspace_id, at, note, payment.id, amount)


def _unreturned(payment: Payment, refund: Refund, at: datetime) -> Case | None:
    """The case for a failed or returned refund of an excess capture; None for any other refund."""
    is_unreturned = refund.status.is_dead or refund.status is Status.RETURNED
    if not is_unreturned or refund.actor != SYSTEM:
        return None
    amount = f"{refund.amount.minor} {refund.amount.currency}"
    note = f"{refund.id} of {amount} {refund.status}: {reason(refund.failure)}"
    kind = CaseKind.EXCESS_REFUND_FAILED
    return Case(kind, payment.id, payment.workspace_id, at, note, payment.id, refund.amount)


def _booked(attempt: Attempt, refund: Refund, status: Status) -> Attempt:
    if status.is_open:
        return attempt
    refunded = refund.amount.minor if status is Status.COMPLETED else 0
    return replace(
        attempt,
        reserved_minor=attempt.reserved_minor - refund.amount.minor,
        refunded_minor=attempt.refunded_minor + refunded,
        refunding_id="" if attempt.refunding_id == refund.id else attempt.refunding_id,
    )


def _watched(attempt: Attempt, refund: Refund) -> Attempt:
    if refund.completed_at is None:
        return attempt
    ends_at = polling.return_watch_ends(refund.completed_at, timedelta(seconds=refund.may_return_s))
    ends = [at for at in (ends_at, attempt.refunds_watched_until) if at]
    return replace(attempt, refunds_watched_until=max(ends, default=None))


def next_check_at(refund: Refund, now: datetime, *, is_waiting: bool = False) -> datetime | None:
    """When the sweep checks the refund next; None for never.

    A refund that the gateway has not accepted yet is checked every minute, or more rarely if it waits for another
    refund or for a dispute's end. A refund with an open case is not checked.
    """
    if refund.is_contradicted:
        return None
    if refund.status is Status.COMPLETED and refund.completed_at:
        return polling.return_watch(refund.completed_at, now, timedelta(seconds=refund.may_return_s))
    if not refund.status.is_open:
        return None
    after = polling.open_due_after(now - refund.created_at)
    if refund.status is Status.CREATED:
        after = min(after, polling.TURN_CHECK if is_waiting else polling.UNSENT_CHECK)
    return now + after


def _due(refund: Refund, at: datetime) -> Refund:
    return replace(refund, due_at=next_check_at(refund, at))


def next_version(refund: Refund, at: datetime, **changes: Any) -> Refund:
    """The refund in its next version, with `changes` and a new time for its next check."""
    return _due(replace(refund, version=refund.version + 1, **changes), at)


def _contradicted(payment: Payment, refund: Refund, note: str, why: Why, at: datetime) -> Change:
    """The gateway's report contradicts the refund: a case is opened, and the books do not change."""
    step = Step("refund.contradicted", refund.id, refund.status, refund.status, note=note)
    moved, event = recorded(payment, step, why, at)
    kind = CaseKind.REFUND_MISMATCH
    case = Case(kind, refund.id, payment.workspace_id, at, note, payment.id, refund.amount)
    return Change(moved, (event,), (next_version(refund, at, is_contradicted=True), case))
