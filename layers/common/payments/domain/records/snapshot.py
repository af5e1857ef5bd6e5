"""Snapshots: what a gateway reports about an attempt or a refund at one moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.domain.values.money import Money
from payments.domain.values.status import Failure, Status
from payments.record import record


@record
class ExtraCapture:
    """A further capture of the same attempt; `ref` is the gateway's id of it."""

    ref: str
    amount: Money


@record
class Snapshot:
    """What a gateway reports at one moment about one attempt or one refund.

    Status `created` means that the gateway does not know it. `amount` is what the gateway reports as authorized of an
    authorized attempt, or captured of a completed one; None where it reports no amount.
    """

    status: Status
    amount: Money | None = None
    ref: str = ""  # The `payment_ref` of an attempt, or the gateway's id of a refund.
    failure: Failure | None = None
    subject_id: str = ""  # Our id as the gateway echoes it, "" where it does not.
    merchant_ref: str = ""  # The merchant account as the gateway echoes it.
    is_approved: bool = False  # The payer agreed; nothing is authorized before `authorize_payment`.
    is_in_progress: bool = False  # Of a pending attempt: the payer has acted, and it may still be paid.
    authorization_expires_at: datetime | None = None  # Of an authorized attempt: until then it may be captured.
    honored_until: datetime | None = None  # Of an authorized attempt: until then the gateway guarantees the capture.
    fee: Money | None = None  # What the payer paid to the gateway on top of `amount`.
    returned: Money | None = None  # Total refunded of `ref`: by us or not, pending ones included.
    found_ref: str = ""  # The `checkout_ref` that a search by our id found.
    extra_captures: tuple[ExtraCapture, ...] = ()  # Where the payer paid the attempt twice.
    # Not reported by a gateway: use cases and rules add the fields below.
    is_foreign: bool = False  # It is about another order or another merchant.
    is_searched: bool = False  # With `created`: the search read every object that could be the attempt.
    is_by_clock: bool = False  # Made by our time limit, not by an answer of the gateway.
    capture_refusal: Failure | None = None  # The gateway has just refused our capture request.
    cancel_refusal: Failure | None = None  # The gateway has just refused our void request.
    may_return: timedelta = timedelta(0)  # Of a refund: how long after completion it may fail.
