"""Requests: to open, retry, capture and cancel a payment. Each is stored before the gateway is called. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from payments.domain.change import Change, moved, own_reference, with_gateway_ref
from payments.domain.records.event import Kind, Why
from payments.domain.records.payment import Attempt, Payment, Step, recorded
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules.advancing import closed
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, Status


def opened(payment: Payment, why: Why, at: datetime) -> Change:
    """A new payment with its first attempt."""
    step = Step("payment.created", payment.current.id, "", Status.CREATED, payment.amount.minor)
    recorded_payment, event = recorded(payment, step, why, at)
    return Change(recorded_payment, (event,), references=(own_reference(payment.current),))


def can_retry(payment: Payment) -> bool:
    """Whether the payment may be retried: each attempt ended without money or is excess, and no review is open."""
    is_over = all(attempt.status.is_dead or attempt.is_excess for attempt in payment.attempts)
    is_over = is_over and not any(attempt.written_off_minor for attempt in payment.attempts)
    return is_over and not payment.winning_attempt_id and payment.review is None and not payment.replaced_by


def can_be_replaced(payment: Payment) -> bool:
    """Whether its order may have a new payment: by the gateway's own answers, every attempt ended without money."""
    is_dead = all(attempt.status.is_dead and not attempt.is_ended_by_clock for attempt in payment.attempts)
    return is_dead and payment.review is None and not payment.replaced_by


def replaced(payment: Payment, successor: Payment, why: Why, at: datetime) -> Change:
    """Replace an ended payment of the same order, in one transaction. Money that comes for the old one is excess."""
    step = Step("payment.replaced", successor.id, payment.status, payment.status, note=successor.id)
    changed, event = recorded(replace(payment, replaced_by=successor.id), step, why, at)
    opening = opened(replace(successor, replaces=payment.id), why, at)
    return replace(opening, beside=Change(changed, (event,)))


def retried(payment: Payment, attempt: Attempt, why: Why, at: datetime) -> Change:
    """Add the next attempt. Call it only if `can_retry`."""
    changed = replace(payment, attempts=(*payment.attempts, attempt), status=Status.CREATED, failure=None)
    changed, event = recorded(
        changed, Step("attempt.created", attempt.id, "", Status.CREATED, attempt.amount.minor), why, at
    )
    return Change(changed, (event,), references=(own_reference(attempt),))


def resent(payment: Payment, attempt_id: str, why: Why, at: datetime) -> Change:
    """The create call is about to be sent again, with the same id."""
    expires_at = at + timedelta(seconds=payment.expires_in_s)  # The gateway counts from the call that arrives.
    attempt = replace(payment.attempt(attempt_id), sent_at=at, expires_at=expires_at)
    attempt = replace(attempt, search_position="", is_absent=False)
    step = Step("attempt.resent", attempt_id, attempt.status, attempt.status)
    changed, event = recorded(payment.with_attempt(attempt), step, why, at)
    return Change(changed, (event,))


def failed_over(
    payment: Payment, attempt_id: str, failure: Failure, successor: Attempt, why: Why, at: datetime
) -> Change | None:
    """The gateway opened no checkout, so `successor` tries the next one. None if the attempt is no longer `created`."""
    attempt = payment.attempt(attempt_id)
    if attempt.status is not Status.CREATED:
        return None
    ended = closed(payment, attempt, Snapshot(Status.FAILED, failure=failure), why, at)
    return ended.then(retried(ended.payment, successor, why, at))


def acknowledged(payment: Payment, attempt: Attempt, webhook_ref: str, why: Why, at: datetime) -> Change:
    """The gateway accepted the attempt; `attempt` has its references. A status that is already higher stays."""
    status = Status.PENDING if attempt.status is Status.CREATED else attempt.status
    kind: Kind = "attempt.pending" if status is not attempt.status else "attempt.opened"
    note = "charge sent" if attempt.terms.is_direct else "checkout opened"
    step = Step(kind, attempt.id, attempt.status, status, note=note)
    change = moved(payment, replace(attempt, status=status), step, why, at)
    return with_gateway_ref(change, attempt, webhook_ref)


def capture_requested(payment: Payment, attempt: Attempt, minor: int, why: Why, at: datetime) -> Change:
    """The request to capture `minor` units of the authorization, stored before the gateway is called."""
    step = Step("attempt.capture_requested", attempt.id, attempt.status, attempt.status, minor)
    changed = replace(attempt, capture_requested_minor=minor, last_capture_minor=minor, capture_requested_at=at)
    return moved(payment, changed, step, why, at)


def cancel_requested(payment: Payment, attempt: Attempt, reason_text: str, why: Why, at: datetime) -> Change:
    """The request to cancel, stored before the gateway is called."""
    step = Step("attempt.cancel_requested", attempt.id, attempt.status, attempt.status, note=reason_text)
    return moved(payment, replace(attempt, is_cancelling=True, cancel_requested_at=at), step, why, at)


def paid_again(
    payment: Payment, attempt: Attempt, copy_id: str, ref: str, amount: Money, why: Why, at: datetime
) -> Change:
    """A second capture of one attempt becomes an attempt of its own, which is excess and refunded in full."""
    excess = Attempt(
        id=copy_id,
        number=attempt.number,
        gateway=attempt.gateway,
        amount=amount,
        status=Status.COMPLETED,
        created_at=at,
        sent_at=at,
        expires_at=attempt.expires_at,
        checkout_ref=attempt.checkout_ref,
        payment_ref=ref,
        captured_minor=amount.minor,
        captured_at=at,
        is_excess=True,
        duplicate_of=attempt.id,
        account_name=attempt.account_name,
    )
    place = payment.attempts.index(attempt)  # Inserted before it: the current attempt stays the last.
    attempts = (*payment.attempts[:place], excess, *payment.attempts[place:])
    step = Step("attempt.paid_again", copy_id, "", Status.COMPLETED, amount.minor, "excess: to be refunded in full")
    changed, event = recorded(replace(payment, attempts=attempts), step, why, at)
    return with_gateway_ref(Change(changed, (event,), references=(own_reference(excess),)), excess, ref)


def outcome_unknown(payment: Payment, attempt_id: str, why: Why, at: datetime) -> Change:
    """The gateway's answer was lost. The payment may be paid, so it becomes pending, and the timeline has an event."""
    attempt = payment.attempt(attempt_id)
    if payment.status is Status.CREATED:
        payment = replace(payment, status=Status.PENDING)
    step = Step(
        "attempt.outcome_unknown", attempt_id, attempt.status, attempt.status, note="the gateway's answer was lost"
    )
    changed, event = recorded(payment, step, why, at)
    return Change(changed, (event,))


def refused(payment: Payment, attempt_id: str, failure: Failure, why: Why, at: datetime) -> Change | None:
    """The gateway refused to open the checkout, so the attempt has failed. None if the attempt has ended already."""
    attempt = payment.attempt(attempt_id)
    return (
        closed(payment, attempt, Snapshot(Status.FAILED, failure=failure), why, at) if attempt.status.is_open else None
    )
