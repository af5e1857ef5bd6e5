"""Reviews: where a gateway's answer contradicts the books, a case is opened and the payment waits for a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from payments.domain.change import Change, with_gateway_ref
from payments.domain.records.case import Case, CaseKind
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment, Review, ReviewKind, Step, recorded
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.status import Status


def contradiction(attempt: Attempt, snapshot: Snapshot) -> ReviewKind | None:
    """How the gateway's answer differs from what we requested; None where it does not.

    The amount of an attempt that is being voided is not compared.
    """
    if snapshot.is_foreign:
        return ReviewKind.MERCHANT
    is_being_voided = attempt.is_cancelling and snapshot.status is not Status.COMPLETED
    if snapshot.amount is None or is_being_voided:
        return None
    if snapshot.amount.currency != attempt.amount.currency:
        return ReviewKind.CURRENCY
    return None if snapshot.amount.minor in expected_minors(attempt, snapshot.status) else ReviewKind.AMOUNT


def expected_minors(attempt: Attempt, reported: Status) -> tuple[int, ...]:
    """The amounts that the gateway may report with this status, in minor units.

    After a request to capture a part, some gateways report that part as the authorized amount.
    """
    if reported is Status.COMPLETED:
        return (attempt.captured_minor or attempt.capture_requested_minor or attempt.amount.minor,)
    if reported is Status.AUTHORIZED and attempt.last_capture_minor:
        return attempt.amount.minor, attempt.last_capture_minor
    return (attempt.amount.minor,)


CASE_OF_REVIEW = {
    ReviewKind.AMOUNT: CaseKind.AMOUNT_MISMATCH,
    ReviewKind.CURRENCY: CaseKind.CURRENCY_MISMATCH,
    ReviewKind.MERCHANT: CaseKind.MERCHANT_MISMATCH,
    ReviewKind.LATE_SUCCESS: CaseKind.LATE_SUCCESS,
}


def put_under_review(
    payment: Payment,
    attempt: Attempt,
    kind: ReviewKind,
    snapshot: Snapshot,
    why: Why,
    at: datetime,
    extra_ref: str = "",
) -> Change | None:
    """Begin a review and open its case; the payment waits for a decision. `extra_ref` names a further capture.

    None where another review is open. The check after that decision finds this contradiction again.
    """
    if payment.review:
        return None
    reported = f"{snapshot.amount.minor} {snapshot.amount.currency}" if snapshot.amount else "no amount"
    expected = (
        attempt.captured_minor or attempt.amount.minor if extra_ref else expected_minors(attempt, snapshot.status)[0]
    )
    note = f"expected {expected} {attempt.amount.currency}, {attempt.gateway} reports {reported}"
    if extra_ref:
        note = f"a further capture {extra_ref}: {note}"
    review = Review(kind, attempt.id, at, snapshot.amount, extra_ref)
    case = Case(CASE_OF_REVIEW[kind], payment.id, payment.workspace_id, at, note, payment.id, snapshot.amount)
    step = Step("payment.under_review", attempt.id, payment.status, payment.status, note=f"{kind}: {note}")
    changed, event = recorded(replace(payment, review=review), step, why, at)
    # A foreign payment's reference may belong to another attempt.
    is_other = bool(extra_ref) or kind is ReviewKind.MERCHANT
    return with_gateway_ref(Change(changed, (event,), (case,)), attempt, "" if is_other else snapshot.ref)
