"""Concludes an attempt's status from the payments of its order or QR code. Each payment is one try of the payer.

The order's own status is not used: it is only `created`, `attempted` or `paid`.
"""

from __future__ import annotations

from collections.abc import Iterable

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import ExtraCapture, Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.kit.reading import currency_in, require_text, whole_of
from payments.gateways.razorpay.codes import IS_TRY_IN_PROGRESS, PAYMENT_STATUS
from payments.gateways.razorpay.fields import at, failure_of, ref_of
from payments.gateways.razorpay.requests import AUTHORIZED_FOR
from payments.gateways.transport.http import Answer
from payments.record import record


@record
class _Try:
    """One payment of our order. `amount` is without the `fee` that the payer bears."""

    ref: str
    status: Status
    amount: Money
    created_at: int
    failure: Failure
    fee: Money | None
    returned: Money | None
    is_in_progress: bool


def from_payments(answers: Iterable[Answer], attempt: Attempt) -> Snapshot:
    """Return the status from all payments, read anew each time: a failed one may be authorized days later."""
    tries = sorted((_try(answer, attempt) for answer in answers), key=lambda one: (one.created_at, one.ref))
    taken, kept = _of(tries, Status.COMPLETED), _choose(tries, attempt)
    if kept and kept.status is Status.COMPLETED:
        others = tuple(ExtraCapture(one.ref, one.amount) for one in taken if one is not kept)
        return Snapshot(
            Status.COMPLETED, kept.amount, kept.ref, fee=kept.fee, returned=kept.returned, extra_captures=others
        )
    if kept:
        return Snapshot(
            Status.AUTHORIZED,
            kept.amount,
            kept.ref,
            authorization_expires_at=at(kept.created_at) + AUTHORIZED_FOR,
            fee=kept.fee,
        )
    if any(one.status.is_open for one in tries):
        return Snapshot(Status.PENDING, is_in_progress=any(one.is_in_progress for one in tries))
    if tries:
        return Snapshot(tries[-1].status, failure=tries[-1].failure)
    return Snapshot(Status.PENDING)  # An order does not expire at Razorpay.


def from_capture(answer: Answer, attempt: Attempt) -> Snapshot:
    return from_payments([answer], attempt)


def _try(answer: Answer, attempt: Attempt) -> _Try:
    code, created_at = require_text(answer, "status"), whole_of(answer, "created_at")
    if created_at is None:
        raise ValueError("created_at")
    status, failure = PAYMENT_STATUS.get(code, Status.PENDING), failure_of(answer)
    if code == "refunded" and answer.get("captured") is False:  # An authorization that was not captured in time.
        status, failure = Status.EXPIRED, Failure(FailureCode.EXPIRED, code)
    amount, fee = _without_fee(answer, attempt)
    back = whole_of(answer, "amount_refunded")
    returned = None if back is None else Money(back, amount.currency)
    is_in_progress = IS_TRY_IN_PROGRESS.get(code, True)
    return _Try(ref_of(answer), status, amount, created_at, failure, fee, returned, is_in_progress)


def _without_fee(answer: Answer, attempt: Attempt) -> tuple[Money, Money | None]:
    """Return (amount, fee) if `amount` minus `fee` is the order's amount; else `amount` as reported, and None."""
    minor, fee_minor = whole_of(answer, "amount"), whole_of(answer, "fee") or 0
    if minor is None:
        raise ValueError("amount")
    told, fee = (Money(each, currency_in(require_text(answer, "currency"))) for each in (minor, fee_minor))
    is_explained = fee_minor > 0 and Money(minor - fee_minor, told.currency) == attempt.amount
    return (attempt.amount, fee) if is_explained else (told, None)


def _choose(tries: list[_Try], attempt: Attempt) -> _Try | None:
    """Return the try that pays the attempt: captured before authorized, then the recorded one, then the earliest."""
    for status in (Status.COMPLETED, Status.AUTHORIZED):
        found = _of(tries, status)
        if found:
            return next((one for one in found if one.ref == attempt.payment_ref), found[0])
    return None


def _of(tries: list[_Try], status: Status) -> list[_Try]:
    return [one for one in tries if one.status is status]
