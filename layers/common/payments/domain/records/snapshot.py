"""What a gateway says about an attempt or a refund, as the rules are handed it."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.domain.values.money import Money
from payments.domain.values.status import Failure, Status
from payments.record import record


@record
class ExtraCapture:
    """Money that a gateway took, by its own reference."""

    ref: str
    amount: Money


@record
class Snapshot:
    """What a gateway says now about one attempt or one refund.

    `created` means the gateway does not know it. `amount` is the gateway's own, None where it gave none: what is held
    of an authorized attempt, what was taken of a completed one.
    """

    status: Status
    amount: Money | None = None
    ref: str = ""  # Of the money: what refunds and captures name. Of a refund: its own.
    failure: Failure | None = None
    subject_id: str = ""  # Our id as the gateway echoes it, "" where it does not.
    merchant_ref: str = ""  # The merchant account as the gateway echoes it.
    is_approved: bool = False  # The payer agreed, and nothing is held until `authorize_payment`.
    is_in_progress: bool = False  # Of a pending attempt: the payer has acted and the money may still come.
    authorization_expires_at: datetime | None = None  # Of an authorized attempt: until then it may be captured.
    honored_until: datetime | None = None  # Of an authorized attempt: until then the gateway guarantees the capture.
    fee: Money | None = None  # What the payer paid to the gateway on top of `amount`.
    returned: Money | None = None  # All that went back of `ref` so far, ours or not, pending refunds included.
    found_ref: str = ""  # The attempt's checkout, found by our id because the answer that named it was lost.
    extra_captures: tuple[ExtraCapture, ...] = ()  # Further money taken for the same attempt: a payer who paid twice.
    # What no gateway says: added by use cases and rules.
    is_foreign: bool = False  # It is about another order or another merchant.
    is_searched: bool = False  # Of `created`: every object was read among which the attempt could be.
    is_by_clock: bool = False  # It comes from our time limit, not from an answer of the gateway.
    capture_refusal: Failure | None = None  # We asked to capture, just now, and were refused.
    cancel_refusal: Failure | None = None  # We asked to void, just now, and were refused.
    may_return: timedelta = timedelta(0)  # Of a refund: for so long after its completion it may fail there.
