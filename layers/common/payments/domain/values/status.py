"""Status words, their ranks, and why an attempt or a refund failed."""

from __future__ import annotations

from enum import StrEnum

from payments.record import record


class Status(StrEnum):
    """The status of a payment, attempt or refund.

    A refund is created (the gateway does not know it), processing, completed or failed. A completed refund that comes
    back is returned.
    """

    CREATED = "created"
    PENDING = "pending"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETURNED = "returned"

    @property
    def rank(self) -> int:
        """The order of statuses. It never falls; of two statuses of equal rank the first one recorded stays."""
        return _RANK[self]

    @property
    def is_open(self) -> bool:
        return self.rank < _DEAD_RANK

    @property
    def is_dead(self) -> bool:
        """Whether it ended without money; it changes only by a late success."""
        return self.rank == _DEAD_RANK


_DEAD_RANK = 3
_RANK = {
    Status.CREATED: 0,
    Status.PENDING: 1,
    Status.PROCESSING: 1,
    Status.AUTHORIZED: 2,
    Status.FAILED: _DEAD_RANK,
    Status.CANCELLED: _DEAD_RANK,
    Status.EXPIRED: _DEAD_RANK,
    Status.COMPLETED: 4,
    Status.RETURNED: 5,
}


class FailureCode(StrEnum):
    """Our codes for a failure. The gateway's own code is stored beside ours."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    AUTHENTICATION_FAILED = "authentication_failed"
    CANCELLED_BY_CUSTOMER = "cancelled_by_customer"
    EXPIRED = "expired"
    LIMIT_EXCEEDED = "limit_exceeded"
    METHOD_UNAVAILABLE = "method_unavailable"
    SUSPECTED_FRAUD = "suspected_fraud"
    REJECTED = "rejected"
    REVIEW_REFUNDED = "review_refunded"
    REVIEW_WRITTEN_OFF = "review_written_off"
    OTHER = "other"


@record
class Failure:
    code: FailureCode
    gateway_code: str = ""
    message: str = ""


def reason(failure: Failure | None) -> str:
    """A failure in one line, for the timeline: our code, the gateway's code, and its message."""
    if failure is None:
        return ""
    codes = " ".join(filter(None, (failure.code, failure.gateway_code)))
    return ": ".join(filter(None, (codes, failure.message)))
