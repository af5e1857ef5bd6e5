"""Square's records. Times are epoch seconds; amounts are in the currency's smallest unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway_simulators.square.sources import Source

PENDING, APPROVED, COMPLETED, CANCELED, FAILED = "PENDING", "APPROVED", "COMPLETED", "CANCELED", "FAILED"
REJECTED = "REJECTED"
DRAFT, OPEN = "DRAFT", "OPEN"


@dataclass(slots=True)
class Payment:
    id: str
    order_id: str
    location_id: str
    source: Source
    amount: int  # Differs from the requested amount only under fault wrong_amount.
    currency: str
    created_at: float
    updated_at: float
    version_token: str
    key: str = ""  # Idempotency key of the call that made it; empty if it was made on a page.
    reference_id: str = ""
    note: str = ""
    customer_id: str = ""
    is_autocomplete: bool = True
    delay_seconds: float = 7 * 86400.0
    delay_action: str = "CANCEL"
    status: str = PENDING
    failure: str = ""
    ended_at: float | None = None
    approved: int = 0
    refunded: int = 0
    refund_ids: list[str] = field(default_factory=list)

    @property
    def delayed_until(self) -> float:
        return self.created_at + self.delay_seconds


@dataclass(slots=True)
class Order:
    id: str
    location_id: str
    amount: int
    currency: str
    created_at: float
    updated_at: float
    reference_id: str = ""
    line_items: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    state: str = OPEN
    version: int = 1
    tenders: list[str] = field(default_factory=list)  # Ids of payments that authorized or paid.


@dataclass(slots=True)
class Link:
    id: str
    order_id: str
    page_token: str
    created_at: float
    options: dict[str, Any]
    payment_note: str = ""
    description: str = ""
    version: int = 1
    is_walked_away: bool = False
    has_late_success: bool = False


@dataclass(slots=True)
class Refund:
    id: str
    key: str
    payment_id: str
    order_id: str
    location_id: str
    amount: int
    currency: str
    reason: str
    created_at: float
    updated_at: float
    made_by: str = "api"  # Or "hand": at the dashboard.
    status: str = PENDING
    has_completed: bool = False
    version: int = 1


@dataclass(slots=True)
class Dispute:
    id: str
    payment_id: str
    location_id: str
    amount: int
    currency: str
    reason: str
    state: str
    card_brand: str
    created_at: float
    updated_at: float
    due_at: float
    version: int = 1
