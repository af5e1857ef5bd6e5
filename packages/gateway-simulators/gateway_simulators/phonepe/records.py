"""PhonePe's records. Times are epoch seconds; amounts are paise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PENDING = "PENDING"
CONFIRMED = "CONFIRMED"
COMPLETED = "COMPLETED"
FAILED = "FAILED"
ACTION_REQUIRED, UNDER_REVIEW, WON, LOST = "ACTION_REQUIRED", "UNDER_REVIEW", "WON", "LOST"


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    detailed_code: str
    source: str = "CUSTOMER"
    stage: str = "AUTHENTICATION"
    description: str = "The payment was not completed"


@dataclass(slots=True)
class Attempt:
    """One try of the payer on the page; PhonePe calls it a transaction."""

    transaction_id: str
    mode: str
    amount: int
    at: float
    state: str = PENDING
    failure: Failure | None = None
    utr: str = ""
    vpa: str = ""


@dataclass(slots=True)
class Order:
    id: str  # The merchant's: merchantOrderId.
    merchant_id: str
    order_id: str  # PhonePe's own.
    page_token: str
    amount: int  # Differs from the requested amount only under fault wrong_amount.
    created_at: float
    expire_at: float
    redirect_url: str
    message: str
    meta: dict[str, str]
    retry_disabled: bool = False
    state: str = PENDING
    closed_at: float | None = None
    failure: Failure | None = None
    attempts: list[Attempt] = field(default_factory=list)
    is_walked_away: bool = False
    has_late_success: bool = False

    @property
    def is_open(self) -> bool:
        return self.state == PENDING

    @property
    def pending_try(self) -> Attempt | None:
        """The try for which the payer has acted and the bank has not answered."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.state == PENDING else None


@dataclass(frozen=True, slots=True)
class Capture:
    order: str
    transaction_id: str
    amount: int
    at: float


@dataclass(slots=True)
class Refund:
    id: str  # The merchant's: merchantRefundId.
    refund_id: str  # PhonePe's own.
    merchant_id: str
    order: str
    amount: int
    created_at: float
    made_by: str = "api"  # or "hand": on the dashboard
    state: str = PENDING
    closed_at: float | None = None
    failure: Failure | None = None
    was_completed: bool = False  # Also true of one whose money came back.

    @property
    def is_open(self) -> bool:
        return self.state in (PENDING, CONFIRMED)


@dataclass(slots=True)
class Dispute:
    id: str
    order: Order
    amount: int
    reason: str
    opened_at: float
    respond_by: float
    state: str = ACTION_REQUIRED


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """An event that a webhook reports."""

    event: str
    about: str
    merchant_id: str  # The merchant that receives the webhook.
    payload: dict[str, Any]
