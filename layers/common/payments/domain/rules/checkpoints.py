"""Checkpoints: when a payment is reconciled with its gateway again, long after its end. Pure.

After the last checkpoint only webhooks report reversals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from payments.domain.records.payment import Payment

UNPAID_AFTER = timedelta(days=7)  # Counted from its expiry.
PAID_AFTER = (timedelta(days=1), timedelta(days=7), timedelta(days=35))  # Counted from each capture.


def next_checkpoint(payment: Payment) -> datetime | None:
    """The payment's first checkpoint after its last reconciliation; None after the last one."""
    passed = payment.reconciled_at
    return min((at for at in _checkpoints(payment) if passed is None or at > passed), default=None)


def _checkpoints(payment: Payment) -> Iterator[datetime]:
    captured_at = [attempt.captured_at for attempt in payment.attempts if attempt.captured_at]
    if not captured_at:
        yield max(attempt.expires_at for attempt in payment.attempts) + UNPAID_AFTER
    for at in captured_at:
        yield from (at + after for after in PAID_AFTER)
    yield from (attempt.refunds_watched_until for attempt in payment.attempts if attempt.refunds_watched_until)
