"""What a decision about a refund's case, or about money refunded at the gateway, changes. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from payments.domain.change import Change
from payments.domain.records.case import Case, Outcome
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import importing, refunding
from payments.domain.rules.decisions import (
    Decision,
    NotPossible,
    decision_recorded,
    refunded_outside,
    rest_resolved,
    with_outside,
    write_off,
)
from payments.domain.rules.importing import outside_refund
from payments.domain.values.status import Failure, FailureCode, Status


def refund_decided(
    payment: Payment, refund: Refund, case: Case, decision: Decision, snapshot: Snapshot, why: Why, at: datetime
) -> Change:
    """Decide about a refund that differs from the gateway's report. `snapshot` is what the gateway reports now.

    Raises:
        NotPossible: the outcome contradicts what the gateway reports.
    """
    attempt = payment.attempt(refund.attempt_id)
    booked, moved_refund = _refund_ended(attempt, refund, decision, snapshot)
    moved_refund = replace(
        moved_refund,
        version=refund.version + 1,
        is_contradicted=False,
        decided=str(decision.outcome),
        updated_at=at,
        due_at=None,
    )
    change = decision_recorded(payment.with_attempt(booked), case, decision, why, at, moved_refund.amount.minor)
    change = replace(change, records=(*change.records, moved_refund))
    if refund.status.is_open or refund.status is Status.COMPLETED:
        return change
    went_back = snapshot.amount if decision.outcome is Outcome.ACCEPT and snapshot.amount else refund.amount
    if went_back.currency != refund.amount.currency:
        raise NotPossible("the gateway reports this refund in another currency: write_off, or refunded_outside")
    minor = min(went_back.minor, change.payment.attempt(attempt.id).available_minor)
    if not minor:
        return change
    paid = change.payment.attempt(attempt.id)
    if decision.outcome is Outcome.WRITE_OFF:
        return change.then(write_off(change.payment, paid, minor, at))
    return change.then(refunded_outside(change.payment, paid, minor, decision, at))


def _refund_ended(attempt: Attempt, refund: Refund, decision: Decision, snapshot: Snapshot) -> tuple[Attempt, Refund]:
    """Attempt and refund after the decision. A failed refund stays failed: money that went back gets a new record."""
    if not refund.status.is_open:
        if decision.outcome is Outcome.ACCEPT and snapshot.status is not Status.COMPLETED:
            raise NotPossible("the gateway no longer reports this refund as completed: write_off, or refunded_outside")
        is_booked = refund.status is Status.COMPLETED
        return _completed_decided(attempt, refund, decision, snapshot) if is_booked else (attempt, refund)
    freed = replace(
        attempt,
        reserved_minor=attempt.reserved_minor - refund.amount.minor,
        refunding_id="" if attempt.refunding_id == refund.id else attempt.refunding_id,
    )
    if decision.outcome is Outcome.WRITE_OFF:
        failure = Failure(FailureCode.REVIEW_WRITTEN_OFF, message=decision.note)
        ended = replace(refund, status=Status.FAILED, failure=failure)
        return replace(freed, written_off_minor=freed.written_off_minor + refund.amount.minor), ended
    if decision.outcome is Outcome.REFUNDED_OUTSIDE:
        ended = replace(refund, status=Status.COMPLETED, reason_text=decision.reference)
        return with_outside(freed, refund.amount.minor), ended
    return _refund_accepted(freed, refund, snapshot)


def _completed_decided(
    attempt: Attempt, refund: Refund, decision: Decision, snapshot: Snapshot
) -> tuple[Attempt, Refund]:
    """Attempt and refund after a decision about a completed refund of which the gateway reported another amount.

    `accept` books the reported amount. `write_off` books it only if it is less, and writes off the difference.
    """
    unbooked = replace(attempt, refunded_minor=attempt.refunded_minor - refund.amount.minor)
    if decision.outcome is Outcome.ACCEPT:
        return _refund_accepted(unbooked, refund, snapshot)
    if decision.outcome is Outcome.REFUNDED_OUTSIDE:
        return with_outside(unbooked, refund.amount.minor), replace(refund, reason_text=decision.reference)
    reported = snapshot.amount if snapshot.status is Status.COMPLETED and snapshot.amount else refund.amount
    lacking = refund.amount.minor - reported.minor
    if lacking <= 0 or reported.currency != refund.amount.currency:
        return attempt, refund
    given_up = replace(
        attempt, refunded_minor=attempt.refunded_minor - lacking, written_off_minor=attempt.written_off_minor + lacking
    )
    return given_up, replace(refund, amount=reported)


def _refund_accepted(freed: Attempt, refund: Refund, snapshot: Snapshot) -> tuple[Attempt, Refund]:
    if snapshot.status is Status.FAILED:
        return freed, replace(refund, status=Status.FAILED, failure=snapshot.failure)
    if (
        snapshot.status is not Status.COMPLETED
        or snapshot.amount is None
        or snapshot.amount.currency != refund.amount.currency
    ):
        raise NotPossible("the gateway has not completed this refund in the payment's currency: nothing to accept yet")
    if (
        freed.reserved_minor + freed.refunded_minor + freed.written_off_minor + snapshot.amount.minor
        > freed.captured_minor
    ):
        raise NotPossible("the gateway reports more than is left of the payment: write_off, or refunded_outside")
    ended = replace(
        refund, status=Status.COMPLETED, amount=snapshot.amount, refund_ref=snapshot.ref or refund.refund_ref
    )
    return replace(freed, refunded_minor=freed.refunded_minor + snapshot.amount.minor), ended


def returned_decided(
    payment: Payment, refund: Refund, case: Case, decision: Decision, why: Why, at: datetime, *, one_at_a_time: bool
) -> Change:
    """Decide about a refund that came back: refund it again, or by other means, or write it off.

    If a later refund or a dispute took the amount, only the case ends.

    Raises:
        NotPossible: the outcome would move money, and none is left.
    """
    change = decision_recorded(payment, case, decision, why, at, refund.amount.minor)
    attempt = change.payment.attempt(refund.attempt_id)
    minor = min(refund.amount.minor, attempt.available_minor)
    if not minor and decision.outcome is not Outcome.WRITE_OFF:
        raise NotPossible(
            "nothing of this payment is left to refund, a later refund or a dispute has it: write_off ends the case, "
            "and changes no amount"
        )
    if decision.outcome is Outcome.REFUNDED_OUTSIDE:
        return change.then(refunded_outside(change.payment, attempt, minor, decision, at))
    if decision.outcome is Outcome.WRITE_OFF:
        return change.then(write_off(change.payment, attempt, minor, at)) if minor else change
    again = outside_refund(change.payment, attempt, decision.refund_id, minor, at)
    again = replace(again, status=Status.CREATED, actor=why.actor, completed_at=None, reason_code=ReasonCode.OTHER)
    return change.then(refunding.reserved(change.payment, again, one_at_a_time=one_at_a_time, why=why, at=at))


def excess_decided(payment: Payment, case: Case, decision: Decision, why: Why, at: datetime) -> Change:
    """Decide about an excess capture whose refund failed. If there are several, each decision is about one."""
    change = decision_recorded(payment, case, decision, why, at)
    left = next((one for one in change.payment.attempts if one.is_excess and one.available_minor), None)
    return rest_resolved(change, left.id, decision, at) if left else change


def money_attributed(payment: Payment, case: Case, decision: Decision, why: Why, at: datetime) -> Change:
    """Book money refunded at the gateway for the attempt that the decision names.

    Raises:
        NotPossible: the payment has no such attempt, or that attempt has less left.
    """
    attempt = next((one for one in payment.attempts if one.id == decision.attempt_id), None)
    minor = case.amount.minor if case.amount else 0
    if attempt is None or attempt.available_minor < minor:
        raise NotPossible(
            "send the attempt_id of an attempt of this payment with at least that much left, or outcome noted"
        )
    change = decision_recorded(payment, case, decision, why, at, minor)
    source = next((one for one in payment.attempts if one.unattributed_minor), attempt)
    if source.id != attempt.id:  # The gateway's total of this attempt lacks it.
        outside = replace(decision, reference=f"went back of {source.id}")
        return change.then(refunded_outside(change.payment, attempt, minor, outside, at))
    free = replace(attempt, unattributed_minor=max(0, attempt.unattributed_minor - minor))
    change = replace(change, payment=change.payment.with_attempt(free))
    return importing.imported(change, attempt.id, decision.refund_id, minor, at)
