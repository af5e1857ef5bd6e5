"""What a gateway's answer about an attempt changes. Pure: a payment, an answer and a time give a change, or None.

Rank never falls. A completed attempt stays completed. An attempt that ended without money changes only by a late
success that the gateway reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from payments.domain.change import Change, moved, with_gateway_ref
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.event import Kind, Why
from payments.domain.records.payment import Attempt, Payment, Review, ReviewKind, Step, recorded
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules.reviewing import contradiction, expected_minors, put_under_review
from payments.domain.values.clock import to_text
from payments.domain.values.status import Failure, FailureCode, Status, reason

# So long after a call was sent, it has arrived at the gateway or never will.
SETTLE = timedelta(minutes=15)
# The gateway may report the outcome so long after the expiry.
EXPIRY_GRACE = timedelta(seconds=120)
_LOST_GRACE = timedelta(minutes=55)  # The check an hour after its expiry ends it.
_SAME_TIME = timedelta(minutes=1)
LATE_GRANT = timedelta(hours=24)
_KIND_OF_STATUS: Mapping[Status, Kind] = {
    Status.PENDING: "attempt.pending",
    Status.AUTHORIZED: "attempt.authorized",
    Status.FAILED: "attempt.failed",
    Status.CANCELLED: "attempt.cancelled",
    Status.EXPIRED: "attempt.expired",
}


def advance(
    payment: Payment, attempt_id: str, snapshot: Snapshot, late_success: str, why: Why, at: datetime
) -> Change | None:
    """What the gateway's answer changes; None if nothing. `late_success`: grant, refund or review."""
    attempt = payment.attempt(attempt_id)
    found_ref = "" if attempt.checkout_ref else snapshot.found_ref
    ref = attempt.checkout_ref or found_ref
    is_absent = not ref and (attempt.is_absent or (snapshot.is_searched and _is_settled(attempt, at)))
    known = replace(attempt, checkout_ref=ref, search_position="", is_absent=is_absent)
    change = _advanced(payment.with_attempt(known), known, snapshot, late_success, why, at)
    if change is None and known != attempt and not payment.is_stuck:
        note = "found at the gateway" if known.checkout_ref else "not at the gateway"
        change = _searched(payment, known, note, why, at)
    return change and with_gateway_ref(change, attempt, found_ref)


def search_goes_on(payment: Payment, attempt: Attempt, position: str, why: Why, at: datetime) -> Change | None:
    """Store the position of a search that has not read everything yet.

    None where the position is unchanged, or while a create call may still arrive: it could be behind the position.
    """
    if payment.is_stuck or not _is_settled(attempt, at) or position == attempt.search_position:
        return None
    return _searched(payment, replace(attempt, search_position=position), "not found yet", why, at)


def _is_settled(attempt: Attempt, at: datetime) -> bool:
    """Whether no create call can arrive at the gateway any more."""
    return at > attempt.sent_at + SETTLE


def _searched(payment: Payment, attempt: Attempt, note: str, why: Why, at: datetime) -> Change:
    step = Step("attempt.searched", attempt.id, attempt.status, attempt.status, note=note)
    return moved(payment, attempt, step, why, at)


def _advanced(
    payment: Payment, attempt: Attempt, snapshot: Snapshot, late_success: str, why: Why, at: datetime
) -> Change | None:
    if payment.is_stuck:
        return None
    if snapshot.is_foreign and attempt.is_foreign_decided:
        snapshot = Snapshot(Status.PENDING)  # A decision: such answers are not about this attempt.
    if attempt.status is Status.COMPLETED and snapshot.status.is_dead:
        return _capture_denied(payment, attempt, snapshot, why, at)
    if kind := contradiction(attempt, snapshot):
        return put_under_review(payment, attempt, kind, snapshot, why, at)
    snapshot = _settled(attempt, snapshot, at)
    if snapshot.status.rank <= attempt.status.rank:
        return _unmoved(payment, attempt, snapshot, why, at)
    if snapshot.status is Status.COMPLETED:
        return _captured(payment, attempt, snapshot, late_success, why, at)
    if snapshot.status.is_dead:
        return closed(payment, attempt, snapshot, why, at)
    step = Step(_KIND_OF_STATUS[snapshot.status], attempt.id, attempt.status, snapshot.status)
    changed = replace(
        attempt,
        status=snapshot.status,
        payment_ref=snapshot.ref or attempt.payment_ref,
        expires_at=snapshot.authorization_expires_at or attempt.expires_at,
        honored_until=snapshot.honored_until,
    )
    return moved(payment, changed, step, why, at)


def _unmoved(payment: Payment, attempt: Attempt, snapshot: Snapshot, why: Why, at: datetime) -> Change | None:
    """What an answer changes if the attempt's status stays the same."""
    if attempt.status is Status.AUTHORIZED and snapshot.status is Status.AUTHORIZED:
        if snapshot.capture_refusal and _has_arrived(attempt.capture_requested_at, at):
            return capture_refused(payment, attempt, snapshot.capture_refusal, why, at)
        if snapshot.cancel_refusal and _may_stay(attempt) and _has_arrived(attempt.cancel_requested_at, at):
            return cancel_refused(payment, attempt, snapshot.cancel_refusal, why, at)
        if (
            snapshot.authorization_expires_at
            and abs(snapshot.authorization_expires_at - attempt.expires_at) > _SAME_TIME
        ):
            return _lapse_moved(payment, attempt, snapshot, snapshot.authorization_expires_at, why, at)
        is_near = attempt.awaits_capture and attempt.lapse_warned_at is None and at >= attempt.lapse_warned_from
        return _lapsing(payment, attempt, why, at) if is_near else None
    since = attempt.expires_at
    if attempt.status is Status.AUTHORIZED:  # Its capture is in progress.
        since = attempt.capture_requested_at or attempt.sent_at
    is_overdue = at > since + EXPIRY_GRACE
    if not snapshot.is_in_progress or not is_overdue or attempt.in_progress_at or not attempt.status.is_open:
        return None
    step = Step(
        "attempt.in_progress", attempt.id, attempt.status, attempt.status, note="the gateway has not decided yet"
    )
    return moved(payment, replace(attempt, in_progress_at=at), step, why, at)


def _lapse_moved(
    payment: Payment, attempt: Attempt, snapshot: Snapshot, ends_at: datetime, why: Why, at: datetime
) -> Change:
    """The gateway reports another end of the authorization. The case for the old end is ended."""
    note = f"ends at {to_text(ends_at)}, not at {to_text(attempt.expires_at)}"
    step = Step("attempt.authorization_moved", attempt.id, attempt.status, attempt.status, note=note)
    fresh = replace(attempt, lapse_warned_at=None, is_lapse_noted=False)
    changed = replace(fresh, expires_at=ends_at, honored_until=snapshot.honored_until or attempt.honored_until)
    return replace(moved(payment, changed, step, why, at), records=lapse_case_ended(payment, attempt, at))


def _may_stay(attempt: Attempt) -> bool:
    """Whether the attempt may stay authorized if the gateway refuses to void it.

    It may not if the system would capture it by itself, or if a decision requested the void.
    """
    return attempt.terms.is_manual and not attempt.is_void_decided


def _has_arrived(requested_at: datetime | None, at: datetime) -> bool:
    """Whether no call for this request can arrive at the gateway any more."""
    return requested_at is not None and at > requested_at + SETTLE


def capture_refused(payment: Payment, attempt: Attempt, refusal: Failure, why: Why, at: datetime) -> Change:
    """The gateway refused to capture, and no earlier request can still arrive: the merchant may request any amount."""
    note = f"the gateway refused: {reason(refusal)}"
    step = Step(
        "attempt.capture_refused", attempt.id, attempt.status, attempt.status, attempt.capture_requested_minor, note
    )
    return moved(payment, replace(attempt, capture_requested_minor=0, capture_requested_at=None), step, why, at)


def cancel_refused(payment: Payment, attempt: Attempt, refusal: Failure, why: Why, at: datetime) -> Change:
    """The gateway refused to void, and no earlier request can still arrive: the merchant may capture or cancel."""
    note = f"the gateway refused: {reason(refusal)}"
    step = Step("attempt.cancel_refused", attempt.id, attempt.status, attempt.status, note=note)
    return moved(payment, replace(attempt, is_cancelling=False, cancel_requested_at=None), step, why, at)


def _lapsing(payment: Payment, attempt: Attempt, why: Why, at: datetime) -> Change:
    """Open a case that warns that the authorization ends within a day. The case ends with the authorization."""
    warned = replace(attempt, lapse_warned_at=at)
    step = Step(
        "attempt.authorization_lapsing", attempt.id, attempt.status, attempt.status, attempt.amount.minor,
        f"capture or cancel before {to_text(attempt.expires_at)}",
    )  # fmt: skip
    change = moved(payment, warned, step, why, at)
    return replace(change, records=(_lapse_case(payment, warned),))


def _lapse_case(payment: Payment, attempt: Attempt) -> Case:
    """Built from the attempt alone, so that opening and ending write the same case."""
    note = f"the authorization of {attempt.id} ends at {to_text(attempt.expires_at)}: capture or cancel it before"
    opened_at = attempt.lapse_warned_at or attempt.expires_at
    kind = CaseKind.AUTHORIZATION_LAPSING
    return Case(kind, payment.id, payment.workspace_id, opened_at, note, payment.id, attempt.amount)


def lapse_case_ended(payment: Payment, attempt: Attempt, at: datetime) -> tuple[Case, ...]:
    """The ended case of a lapsing authorization; empty where none is open."""
    if attempt.lapse_warned_at is None or attempt.is_lapse_noted:
        return ()
    case = _lapse_case(payment, attempt)
    return (replace(case, decided_at=at, decided_by="system", outcome="ended", decision_note="it has ended"),)


def _capture_denied(payment: Payment, attempt: Attempt, snapshot: Snapshot, why: Why, at: datetime) -> Change | None:
    """The gateway reports a completed attempt as not paid. The attempt stays completed, and one case is opened."""
    if attempt.is_capture_denied or attempt.duplicate_of:
        return None
    note = f"{attempt.id} is completed here and {snapshot.status} at {attempt.gateway}"
    case = Case(CaseKind.CAPTURE_DENIED, payment.id, payment.workspace_id, at, note, payment.id, attempt.amount)
    step = Step(
        "attempt.capture_denied",
        attempt.id,
        attempt.status,
        attempt.status,
        attempt.captured_minor,
        str(snapshot.status),
    )
    change = moved(payment, replace(attempt, is_capture_denied=True), step, why, at)
    return replace(change, records=(case,))


def is_overdue(attempt: Attempt, reported: Status, at: datetime) -> bool:
    """Whether the attempt is past its expiry: by an hour where the gateway knew it and no longer finds it."""
    is_lost = reported is Status.CREATED and bool(attempt.checkout_ref)
    return at > attempt.expires_at + (_LOST_GRACE if is_lost else EXPIRY_GRACE)


def _settled(attempt: Attempt, snapshot: Snapshot, at: datetime) -> Snapshot:
    """The snapshot, or an end by our time limit: the gateway does not know the attempt, or the payer did not pay."""
    is_over = is_overdue(attempt, snapshot.status, at) and not snapshot.is_in_progress
    if snapshot.status is Status.CREATED and attempt.status is Status.CREATED and _is_settled(attempt, at):
        never = Failure(FailureCode.OTHER, message="the gateway never heard of this attempt")
        return Snapshot(Status.FAILED, failure=never, is_by_clock=True)
    if snapshot.status is Status.AUTHORIZED or (attempt.status is Status.AUTHORIZED and attempt.payment_ref):
        return snapshot  # Our time limit ends no authorization.
    if snapshot.status is Status.CREATED and (attempt.payment_ref or attempt.in_progress_at):
        return snapshot  # The payer has acted, so a payment that is not found has not ended.
    late = Failure(FailureCode.EXPIRED, message="not completed by its expiry")
    # A late create call opens a checkout that expires later by as much.
    may_end = attempt.status is not Status.CREATED or at > attempt.expires_at + SETTLE
    if snapshot.status.is_open and attempt.status.is_open and may_end and is_over:
        return Snapshot(Status.EXPIRED, failure=late, is_by_clock=True)
    if snapshot.status is Status.CANCELLED and is_over and not attempt.is_cancelling:
        return replace(snapshot, status=Status.EXPIRED, failure=late)  # We closed it, and the answer was lost.
    return snapshot


def closed(payment: Payment, attempt: Attempt, snapshot: Snapshot, why: Why, at: datetime) -> Change:
    step = Step(
        _KIND_OF_STATUS[snapshot.status], attempt.id, attempt.status, snapshot.status, note=reason(snapshot.failure)
    )
    ended = replace(attempt, status=snapshot.status, failure=snapshot.failure, is_ended_by_clock=snapshot.is_by_clock)
    change = moved(payment, ended, step, why, at)
    return replace(change, records=lapse_case_ended(payment, attempt, at))


def _captured(
    payment: Payment, attempt: Attempt, snapshot: Snapshot, late_success: str, why: Why, at: datetime
) -> Change:
    is_late = attempt.status.is_dead
    is_unwanted = bool(payment.winning_attempt_id or payment.replaced_by)
    is_excess = is_unwanted or (is_late and _refuses_late(attempt, late_success, at))
    paid = captured(attempt, expected_minors(attempt, Status.COMPLETED)[0], snapshot, at, is_excess=is_excess)
    note = "excess: to be refunded in full" if is_excess else ("late" if is_late else "")
    step = Step("attempt.completed", attempt.id, attempt.status, Status.COMPLETED, paid.captured_minor, note)
    changed, records = payment.with_attempt(paid), lapse_case_ended(payment, attempt, at)
    if is_late and not is_excess and late_success == "review":
        review = Review(ReviewKind.LATE_SUCCESS, attempt.id, at, snapshot.amount)
        changed = replace(
            changed, winning_attempt_id=attempt.id, review=review
        )  # Only a person's decision completes it.
        kind, note_of_case = CaseKind.LATE_SUCCESS, "paid after it had ended"
        records += (Case(kind, payment.id, payment.workspace_id, at, note_of_case, payment.id, snapshot.amount),)
    elif not is_excess:
        changed = replace(changed, winning_attempt_id=attempt.id, status=Status.COMPLETED, failure=None)
    changed, event = recorded(changed, step, why, at)
    return with_gateway_ref(Change(changed, (event,), records), paid, paid.payment_ref)


def captured(attempt: Attempt, minor: int, snapshot: Snapshot, at: datetime, *, is_excess: bool) -> Attempt:
    """The completed attempt; `minor` units were captured at the gateway."""
    return replace(
        attempt,
        status=Status.COMPLETED,
        captured_minor=minor,
        captured_at=at,
        payment_ref=snapshot.ref or attempt.payment_ref,
        fee_minor=snapshot.fee.minor if snapshot.fee else 0,
        failure=None,
        is_late=attempt.status.is_dead,
        is_excess=is_excess,
        in_progress_at=None,
    )


def may_capture_late(payment: Payment, attempt: Attempt, late_success: str, at: datetime) -> bool:
    """Whether the authorization of an attempt that has ended may still be captured."""
    is_wanted = payment.current.id == attempt.id and not payment.winning_attempt_id and not payment.replaced_by
    is_wanted = is_wanted and not attempt.terms.is_manual and not attempt.is_cancelling
    return is_wanted and late_success == "grant" and not _refuses_late(attempt, late_success, at)


def _refuses_late(attempt: Attempt, late_success: str, at: datetime) -> bool:
    if late_success == "review":
        return False
    return late_success == "refund" or at > attempt.expires_at + LATE_GRANT
