"""How a payment is opened, tried again, captured and cancelled: stored before a gateway is called. Pure."""

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
    """Whether the order may be tried again: every attempt dead by proof, nothing kept or written off, no review."""
    is_over = all(attempt.status.is_dead or attempt.is_excess for attempt in payment.attempts)
    is_over = is_over and not any(attempt.written_off_minor for attempt in payment.attempts)
    return is_over and not payment.winning_attempt_id and payment.review is None and not payment.replaced_by


def can_be_replaced(payment: Payment) -> bool:
    """Whether its order may get another payment: every attempt ended by the gateway's own answer, without money."""
    is_dead = all(attempt.status.is_dead and not attempt.is_ended_by_clock for attempt in payment.attempts)
    return is_dead and payment.review is None and not payment.replaced_by


def replaced(payment: Payment, successor: Payment, why: Why, at: datetime) -> Change:
    """A new payment for a dead one's order, both in one transaction; money of the dead one is excess from now on."""
    step = Step("payment.replaced", successor.id, payment.status, payment.status, note=successor.id)
    changed, event = recorded(replace(payment, replaced_by=successor.id), step, why, at)
    opening = opened(replace(successor, replaces=payment.id), why, at)
    return replace(opening, beside=Change(changed, (event,)))


def retried(payment: Payment, attempt: Attempt, why: Why, at: datetime) -> Change:
    """The next attempt, opened only when every earlier one is dead by proof."""
    changed = replace(payment, attempts=(*payment.attempts, attempt), status=Status.CREATED, failure=None)
    changed, event = recorded(
        changed, Step("attempt.created", attempt.id, "", Status.CREATED, attempt.amount.minor), why, at
    )
    return Change(changed, (event,), references=(own_reference(attempt),))


def resent(payment: Payment, attempt_id: str, why: Why, at: datetime) -> Change:
    """A create call is about to go out again, with the same id."""
    expires_at = at + timedelta(seconds=payment.expires_in_s)  # The gateway counts from the call that reaches it.
    attempt = replace(payment.attempt(attempt_id), sent_at=at, expires_at=expires_at)
    attempt = replace(attempt, search_position="", is_absent=False)
    step = Step("attempt.resent", attempt_id, attempt.status, attempt.status)
    changed, event = recorded(payment.with_attempt(attempt), step, why, at)
    return Change(changed, (event,))


def failed_over(
    payment: Payment, attempt_id: str, failure: Failure, successor: Attempt, why: Why, at: datetime
) -> Change | None:
    """Nothing was opened at one gateway, so another is asked. None where the attempt has ended or begun otherwise."""
    attempt = payment.attempt(attempt_id)
    if attempt.status is not Status.CREATED:
        return None
    ended = closed(payment, attempt, Snapshot(Status.FAILED, failure=failure), why, at)
    return ended.then(retried(ended.payment, successor, why, at))


def acknowledged(payment: Payment, attempt: Attempt, webhook_ref: str, why: Why, at: datetime) -> Change:
    """The gateway took the attempt: `attempt` carries its references. Never lowers a status that ran ahead."""
    status = Status.PENDING if attempt.status is Status.CREATED else attempt.status
    kind: Kind = "attempt.pending" if status is not attempt.status else "attempt.opened"
    note = "charge sent" if attempt.terms.is_direct else "checkout opened"
    step = Step(kind, attempt.id, attempt.status, status, note=note)
    change = moved(payment, replace(attempt, status=status), step, why, at)
    return with_gateway_ref(change, attempt, webhook_ref)


def capture_requested(payment: Payment, attempt: Attempt, minor: int, why: Why, at: datetime) -> Change:
    """The intent, before the gateway is asked: `minor` of what is held is to be taken."""
    step = Step("attempt.capture_requested", attempt.id, attempt.status, attempt.status, minor)
    changed = replace(attempt, capture_requested_minor=minor, last_capture_minor=minor, capture_requested_at=at)
    return moved(payment, changed, step, why, at)


def cancel_requested(payment: Payment, attempt: Attempt, reason_text: str, why: Why, at: datetime) -> Change:
    """The intent, before the gateway is asked."""
    step = Step("attempt.cancel_requested", attempt.id, attempt.status, attempt.status, note=reason_text)
    return moved(payment, replace(attempt, is_cancelling=True, cancel_requested_at=at), step, why, at)


def paid_again(
    payment: Payment, attempt: Attempt, copy_id: str, ref: str, amount: Money, why: Why, at: datetime
) -> Change:
    """Further money was taken for one attempt: kept apart as an attempt of its own, which nobody keeps."""
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
    place = payment.attempts.index(attempt)  # Before it: the newest attempt stays the last.
    attempts = (*payment.attempts[:place], excess, *payment.attempts[place:])
    step = Step("attempt.paid_again", copy_id, "", Status.COMPLETED, amount.minor, "excess: to be refunded in full")
    changed, event = recorded(replace(payment, attempts=attempts), step, why, at)
    return with_gateway_ref(Change(changed, (event,), references=(own_reference(excess),)), excess, ref)


def outcome_unknown(payment: Payment, attempt_id: str, why: Why, at: datetime) -> Change:
    """The gateway's answer was lost: said in the timeline, nothing concluded. It may be paid, so it is pending."""
    attempt = payment.attempt(attempt_id)
    if payment.status is Status.CREATED:
        payment = replace(payment, status=Status.PENDING)
    step = Step(
        "attempt.outcome_unknown", attempt_id, attempt.status, attempt.status, note="the gateway's answer was lost"
    )
    changed, event = recorded(payment, step, why, at)
    return Change(changed, (event,))


def refused(payment: Payment, attempt_id: str, failure: Failure, why: Why, at: datetime) -> Change | None:
    """The gateway refused to open the checkout: a definite no. None where the attempt has ended otherwise."""
    attempt = payment.attempt(attempt_id)
    return (
        closed(payment, attempt, Snapshot(Status.FAILED, failure=failure), why, at) if attempt.status.is_open else None
    )
