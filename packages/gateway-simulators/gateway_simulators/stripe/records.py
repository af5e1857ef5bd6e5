"""The records of the simulated account. Times are epoch seconds; amounts are the currency's smallest unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OPEN_STATES = ("requires_payment_method", "requires_confirmation", "requires_action", "processing")


@dataclass(slots=True)
class Intent:
    id: str
    amount: int
    currency: str
    created: float
    secret: str
    capture_method: str = "automatic_async"
    metadata: dict[str, str] = field(default_factory=dict)
    status: str = "requires_payment_method"
    customer: str = ""
    payment_method: str = ""
    return_url: str = ""
    description: str = ""
    suffix: str = ""
    automatic_methods: dict[str, Any] | None = None
    amount_received: int = 0
    latest_charge: str = ""
    last_error: dict[str, Any] | None = None
    canceled_at: float | None = None
    cancellation_reason: str = ""
    setup_future_usage: str = ""
    challenged_method: str = ""  # The payment method whose 3-D Secure challenge the payer has not answered yet.
    session: str = ""

    @property
    def is_done(self) -> bool:
        return self.status in ("succeeded", "canceled")


@dataclass(slots=True)
class Charge:
    id: str
    intent: str
    amount: int
    currency: str
    created: float
    method: str
    metadata: dict[str, str]
    status: str = "succeeded"  # Or failed; or pending, for a bank debit in progress.
    is_captured: bool = True
    amount_captured: int = 0
    capture_before: float | None = None
    error: dict[str, Any] | None = None
    is_disputed: bool = False
    suffix: str = ""


@dataclass(slots=True)
class Session:
    id: str
    amount: int
    currency: str
    created: float
    expires_at: float
    success_url: str
    cancel_url: str
    reference: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    intent_data: dict[str, Any] = field(default_factory=dict)
    customer: str = ""
    customer_email: str = ""
    product: str = ""
    status: str = "open"
    intent: str = ""
    is_expired_by_api: bool = False
    has_late_success: bool = False


@dataclass(slots=True)
class Refund:
    id: str
    intent: str
    charge: str
    amount: int
    currency: str
    created: float
    status: str
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    failure_reason: str = ""
    pending_reason: str = ""
    has_succeeded: bool = False
    made_by: str = "api"  # Or "hand", at the dashboard; or "reversal", by Stripe itself.

    @property
    def is_money_back(self) -> bool:
        return self.status not in ("failed", "canceled")


@dataclass(slots=True)
class Dispute:
    id: str
    intent: str
    charge: str
    amount: int
    currency: str
    created: float
    due_by: float
    reason: str
    status: str
    metadata: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    submissions: int = 0
    is_appealed: bool = False
    # Balance transactions: the debit, then the credit if the merchant wins.
    moves: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")

    @property
    def blocks_refunds(self) -> bool:
        return not self.is_inquiry and self.status not in ("won", "prevented")


@dataclass(slots=True)
class Method:
    """A payment method: a test instrument with an id."""

    id: str
    instrument: str
    created: float
    customer: str = ""
    is_used: bool = False


@dataclass(slots=True)
class Customer:
    id: str
    created: float
    fields: dict[str, Any]
    metadata: dict[str, str] = field(default_factory=dict)
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    type: str
    created: float
    about: str  # The merchant's id of the attempt or refund.
    object: dict[str, Any]
    previous: dict[str, Any]
