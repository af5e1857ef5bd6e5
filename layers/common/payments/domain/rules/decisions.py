"""What a person's decision about a case changes. Pure. A contradiction that was decided opens no case again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from payments.domain.change import Change, Reference, with_gateway_ref
from payments.domain.records.approval import Approval, ApprovalState
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.event import Kind, Why
from payments.domain.records.payment import Attempt, Payment, ReviewKind, Step, recorded
from payments.domain.records.refund import ReasonCode
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import refunding, transitions
from payments.domain.rules.advancing import SETTLE, captured
from payments.domain.rules.importing import outside_refund
from payments.domain.values.clock import to_text
from payments.domain.values.status import Failure, FailureCode, Status
from payments.record import record

_APPROVAL_KIND: Mapping[ApprovalState, Kind] = {
    ApprovalState.REQUESTED: "approval.requested",
    ApprovalState.APPROVED: "approval.approved",
    ApprovalState.REFUSED: "approval.refused",
}


class NotPossible(Exception):
    """The outcome is not possible now. The text is for the caller: why, and which outcome is possible."""


@record
class Decision:
    """A person's decision. `reference` is for the outcome `refunded_outside`, `attempt_id` for `attribute`."""

    outcome: Outcome
    note: str
    refund_id: str  # The id of the refund, if the decision makes one.
    copy_id: str = ""  # The id of the attempt that a further capture becomes.
    reference: str = ""
    attempt_id: str = ""
    approval: Approval | None = None


def decided(case: Case, decision: Decision, why: Why, at: datetime) -> Case:
    return replace(
        case,
        decided_at=at,
        decided_by=why.actor,
        outcome=str(decision.outcome),
        decision_note=decision.note,
        reference=decision.reference,
    )


def noted(payment: Payment, case: Case, decision: Decision, why: Why, at: datetime) -> Change:
    """A person has read the case. The case ends, and no amount changes."""
    attempts = payment.attempts
    if case.kind is CaseKind.AUTHORIZATION_LAPSING:
        attempts = tuple(replace(one, is_lapse_noted=True) if one.lapse_warned_at else one for one in attempts)
    return decision_recorded(replace(payment, attempts=attempts), case, decision, why, at)


def review_decided(
    payment: Payment, case: Case, decision: Decision, snapshot: Snapshot, why: Why, at: datetime
) -> Change:
    """End a review. `snapshot` is what the gateway reports now about the attempt or the further capture under review.

    Raises:
        NotPossible: the outcome contradicts what the gateway reports.
    """
    review = payment.review
    if review is None:
        return noted(payment, case, decision, why, at)
    attempt, free = payment.attempt(review.attempt_id), replace(payment, review=None)
    if review.kind is ReviewKind.MERCHANT:
        attempt = replace(attempt, is_foreign_decided=True)
    if review.extra_ref:
        return _extra_decided(free, attempt, case, decision, snapshot, why, at)
    if review.kind is ReviewKind.LATE_SUCCESS:
        return _captured_decided(free, attempt, attempt, case, decision, why, at)
    if snapshot.status is not Status.COMPLETED or snapshot.amount is None:
        return _uncaptured_decided(free, attempt, case, decision, why, at)
    proved = captured(attempt, snapshot.amount.minor, snapshot, at, is_excess=False)
    if decision.outcome is not Outcome.ACCEPT:
        spent = attempt.reserved_minor + attempt.refunded_minor + attempt.written_off_minor
        proved = replace(proved, amount=replace(snapshot.amount, minor=_amount_after(attempt, snapshot)))
        proved = replace(proved, captured_minor=max(proved.captured_minor, spent))  # Refunded money had been captured.
    return _captured_decided(free, attempt, proved, case, decision, why, at)


def review_changed(payment: Payment, case: Case, snapshot: Snapshot, why: Why, at: datetime) -> Change:
    """The gateway now reports another amount. The case shows it and stays open for a decision about it."""
    reported = f"{snapshot.amount.minor} {snapshot.amount.currency}" if snapshot.amount else "no amount"
    case = replace(case, note=f"{case.note}; by {to_text(at)} it reports {reported}", amount=snapshot.amount)
    review = replace(payment.review, reported=snapshot.amount) if payment.review else None
    step = Step("payment.review_changed", case.subject_id, payment.status, payment.status, note=reported)
    moved, event = recorded(replace(payment, review=review), step, why, at)
    return Change(moved, (event,), (case,))


def _amount_after(attempt: Attempt, snapshot: Snapshot) -> int:
    """The attempt's amount after the decision, in minor units: the order's, or in another currency the captured one."""
    is_same = snapshot.amount is not None and snapshot.amount.currency == attempt.amount.currency
    return attempt.amount.minor if is_same or snapshot.amount is None else snapshot.amount.minor


def _captured_decided(
    payment: Payment, before: Attempt, proved: Attempt, case: Case, decision: Decision, why: Why, at: datetime
) -> Change:
    """Decide about money that was captured: it pays for the order, or it is excess."""
    is_winner = payment.winning_attempt_id in ("", before.id)
    if decision.outcome is Outcome.ACCEPT:
        spent = proved.reserved_minor + proved.refunded_minor + proved.written_off_minor
        if not is_winner or payment.replaced_by or proved.captured_minor < spent:
            raise NotPossible("the order is paid by another capture, or more was refunded already: refund this one")
        moved = replace(
            payment.with_attempt(proved), winning_attempt_id=proved.id, status=Status.COMPLETED, failure=None
        )
        change = decision_recorded(moved, case, decision, why, at, proved.captured_minor, payment.status)
        return with_gateway_ref(change, proved, proved.payment_ref)
    moved = payment.with_attempt(replace(proved, is_excess=True))
    if is_winner:
        code = FailureCode.REVIEW_WRITTEN_OFF if decision.outcome is Outcome.WRITE_OFF else FailureCode.REVIEW_REFUNDED
        moved = replace(moved, winning_attempt_id="")
        if moved.current.status.is_open:  # A newer attempt is still open.
            moved = replace(moved, status=moved.current.status)
        else:
            moved = replace(moved, status=Status.FAILED, failure=Failure(code, message=decision.note))
    change = decision_recorded(moved, case, decision, why, at, proved.captured_minor, payment.status)
    change = with_gateway_ref(change, proved, proved.payment_ref)
    return rest_resolved(change, proved.id, decision, at)


def _extra_decided(
    payment: Payment, attempt: Attempt, case: Case, decision: Decision, snapshot: Snapshot, why: Why, at: datetime
) -> Change:
    """Decide about a further capture of another amount. It becomes an attempt of its own, which is excess."""
    if decision.outcome is Outcome.ACCEPT:
        raise NotPossible("the order is paid already: refund this further capture, or write it off")
    change = decision_recorded(payment, case, decision, why, at, snapshot.amount.minor if snapshot.amount else 0)
    if snapshot.amount is None:
        return change
    again = transitions.paid_again(change.payment, attempt, decision.copy_id, snapshot.ref, snapshot.amount, why, at)
    return rest_resolved(change.then(again), decision.copy_id, decision, at)


def _uncaptured_decided(
    payment: Payment, attempt: Attempt, case: Case, decision: Decision, why: Why, at: datetime
) -> Change:
    """Decide where nothing was captured: void the authorization, or close the open checkout where the gateway can."""
    if decision.outcome is Outcome.ACCEPT:
        raise NotPossible("nothing was captured, so there is nothing to accept: write_off ends the payment")
    if attempt.capture_requested_at and at <= attempt.capture_requested_at + SETTLE:
        until = to_text(attempt.capture_requested_at + SETTLE)
        raise NotPossible(f"a capture was requested and may still arrive: decide after {until}")
    cancelled = attempt
    if attempt.status.is_open:
        cancelled = replace(
            attempt, is_cancelling=True, is_void_decided=True, cancel_requested_at=at, capture_requested_minor=0
        )
    return decision_recorded(payment.with_attempt(cancelled), case, decision, why, at)


def rest_resolved(change: Change, attempt_id: str, decision: Decision, at: datetime) -> Change:
    """The change that also refunds the rest of a capture, records it as refunded outside, or writes it off."""
    payment, attempt = change.payment, change.payment.attempt(attempt_id)
    minor = attempt.available_minor
    if not minor:
        return change
    if decision.outcome is Outcome.REFUND:
        return refunding.excess_refunded(change, attempt_id, decision.refund_id, at, ReasonCode.REVIEW)
    if decision.outcome is Outcome.REFUNDED_OUTSIDE:
        return change.then(refunded_outside(payment, attempt, minor, decision, at))
    return change.then(write_off(payment, attempt, minor, at))


def refunded_outside(payment: Payment, attempt: Attempt, minor: int, decision: Decision, at: datetime) -> Change:
    refund = outside_refund(payment, attempt, decision.refund_id, minor, at)
    refund = replace(refund, reason_text=decision.reference)
    moved = payment.with_attempt(with_outside(attempt, minor))
    step = Step("refund.recorded", refund.id, "", refund.status, minor, decision.reference)
    moved, event = recorded(moved, step, Why(refund.actor, "decision"), at)
    return Change(moved, (event,), (refund,), (Reference(refund.id, refund.id, refund.gateway),))


def with_outside(attempt: Attempt, minor: int) -> Attempt:
    return replace(
        attempt,
        refunded_minor=attempt.refunded_minor + minor,
        refunded_outside_minor=attempt.refunded_outside_minor + minor,
    )


def write_off(payment: Payment, attempt: Attempt, minor: int, at: datetime) -> Change:
    moved = payment.with_attempt(replace(attempt, written_off_minor=attempt.written_off_minor + minor))
    step = Step("attempt.written_off", attempt.id, attempt.status, attempt.status, minor)
    moved, event = recorded(moved, step, Why("system", "decision"), at)
    return Change(moved, (event,))


def approval_recorded(payment: Payment, approval: Approval, why: Why, at: datetime) -> Change:
    """The approval in its new state, and an event of the payment about it. No amount changes."""
    note = f"{approval.kind} {approval.outcome} {approval.subject_id}: {approval.answer_note or approval.note}"
    step = Step(
        _APPROVAL_KIND[approval.state], approval.id, payment.status, payment.status, approval.amount.minor, note
    )
    moved, event = recorded(payment, step, why, at)
    return Change(moved, (event,), (approval,))


def decision_recorded(
    payment: Payment, case: Case, decision: Decision, why: Why, at: datetime, minor: int = 0, was: Status | None = None
) -> Change:
    """An event of the payment about the decision, and the ended case. `was`: the status before it."""
    how = f" [{decision.reference}]" if decision.reference else ""
    approval = decision.approval
    answer_note = f" ({approval.answer_note})" if approval and approval.answer_note else ""
    by = f"; approved by {approval.answered_by}{answer_note}" if approval else ""
    note = f"{case.kind} {decision.outcome}{how}: {decision.note} ({case.note}){by}"
    step = Step("case.decided", case.subject_id, was or payment.status, payment.status, minor, note)
    moved, event = recorded(payment, step, why, at)
    records = (decided(case, decision, why, at), *((approval,) if approval else ()))
    return Change(moved, (event,), records)
