"""Events: the record of every change. A stream is append-only, and each event has the hash before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from payments.domain.records.chain import fingerprint
from payments.record import record

# Every kind of event, and every cause of one.
Kind = Literal[
    "payment.created", "payment.replaced", "payment.under_review", "payment.review_changed",
    "attempt.created", "attempt.opened", "attempt.resent", "attempt.searched", "attempt.outcome_unknown",
    "attempt.pending", "attempt.in_progress",
    "attempt.authorized", "attempt.authorization_moved", "attempt.authorization_lapsing",
    "attempt.capture_requested", "attempt.capture_refused", "attempt.cancel_requested", "attempt.cancel_refused",
    "attempt.completed", "attempt.failed", "attempt.cancelled", "attempt.expired", "attempt.paid_again",
    "attempt.capture_denied", "attempt.money_returned", "attempt.money_back", "attempt.written_off",
    "refund.created", "refund.sending", "refund.processing", "refund.completed", "refund.failed", "refund.returned",
    "refund.contradicted", "refund.recorded", "refund.imported", "refund.split",
    "dispute.opened", "dispute.action_required", "dispute.updated", "dispute.under_review",
    "dispute.won", "dispute.lost", "dispute.closed",
    "dispute.accept_requested", "dispute.accept_refused", "dispute.unreadable",
    "case.decided",
    "approval.requested", "approval.approved", "approval.refused",
]  # fmt: skip
Cause = Literal[
    "initiate", "retry", "verify", "refresh", "capture", "cancel", "refund", "forced refund", "dispute accepted",
    "reconcile", "case decided", "approved", "refused",
    "webhook", "return", "poll", "sweep", "hourly report", "daily list",
    "status", "excess capture", "decision",
]  # fmt: skip
_STORED_CAUSE_MAX = 80


@record
class Why:
    """Who caused a change, and by what: `Why("user:priya", "refund")`, `Why("system", "poll")`.

    `gateway_event` is the gateway's own event type; only a webhook has one.
    """

    actor: str
    cause: Cause
    gateway_event: str = ""

    @property
    def stored_cause(self) -> str:
        return f"{self.cause} {self.gateway_event}"[:_STORED_CAUSE_MAX] if self.gateway_event else self.cause


def split_cause(stored: str) -> tuple[str, str]:
    """A stored cause, as cause and gateway's event type. The second is "" for any cause but a webhook."""
    cause, _, gateway_event = stored.partition(" ")
    return (cause, gateway_event) if cause == "webhook" else (stored, "")


@record
class Event:
    """One recorded change. `seq` is 1, 2, 3 … in each stream; `hash` covers the event and the hash before it.

    `stream_id` is the id of the stream's record, today always a payment. A payment's stream has the events of its
    attempts, refunds and disputes too. A change of a payment may bring events of another stream.
    """

    stream_id: str
    seq: int
    kind: str
    subject_id: str
    from_status: str
    to_status: str
    actor: str
    cause: str
    at: datetime
    amount_minor: int
    note: str
    prev_hash: str
    hash: str = ""

    def sealed(self) -> Event:
        return replace(self, hash=fingerprint(self))
