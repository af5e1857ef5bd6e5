"""Razorpay's records. Times are epoch seconds; amounts are the currency's smallest unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CREATED, AUTHORIZED, CAPTURED, REFUNDED, FAILED = "created", "authorized", "captured", "refunded", "failed"
PENDING, PROCESSED = "pending", "processed"
ATTEMPTED, PAID = "attempted", "paid"
ACTIVE, CLOSED = "active", "closed"
OPEN, UNDER_REVIEW, WON, LOST = "open", "under_review", "won", "lost"  # Statuses of disputes; "closed" is another one.


@dataclass(frozen=True, slots=True)
class Failure:
    reason: str
    description: str
    code: str = "BAD_REQUEST_ERROR"
    source: str = "customer"
    step: str = "payment_authentication"


@dataclass(frozen=True, slots=True)
class Instrument:
    """A payment instrument: one of the test instruments, never a real one."""

    value: str
    method: str
    failure: Failure | None = None
    label: str = ""
    bank: str = ""
    wallet: str = ""
    network: str = ""
    is_international: bool = False


@dataclass(slots=True)
class Payment:
    id: str
    order: Order
    amount: int
    instrument: Instrument
    created_at: float
    method: str
    flow: str = ""  # Of UPI: intent, collect, qr.
    emi_duration: int = 0
    email: str = ""
    contact: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    status: str = CREATED
    failure: Failure | None = None
    captured_at: float | None = None
    amount_refunded: int = 0
    rrn: str = ""
    payer_fee: int = 0  # In `amount`, where the payer bears the fee.
    waits_until: float = 0.0  # The latest time at which the bank answers (epoch seconds).

    @property
    def was_captured(self) -> bool:
        return self.captured_at is not None

    @property
    def currency(self) -> str:
        return self.order.currency

    @property
    def due(self) -> int:
        """The amount that can be captured and refunded: without the fee that the payer paid, which Razorpay keeps."""
        return self.amount - self.payer_fee


@dataclass(slots=True)
class Order:
    """An order or a QR code. A QR code has another id prefix and no receipt."""

    id: str
    amount: int  # Differs from the requested amount only under fault wrong_amount.
    currency: str
    receipt: str | None
    notes: dict[str, str]
    created_at: float
    # Seconds after a payment's creation within which an authorization is captured automatically.
    captures_within: float
    authorization_seconds: float
    payments: list[Payment] = field(default_factory=list)
    is_walked_away: bool = False
    close_by: float | None = None  # Of a QR code.
    closed_at: float | None = None
    close_reason: str = ""
    name: str = ""
    description: str = ""  # Of a QR code, or of the hosted form.
    callback_url: str = ""  # Of the hosted form.
    cancel_url: str = ""

    @property
    def is_qr(self) -> bool:
        return self.close_by is not None

    @property
    def merchant_id(self) -> str:
        """The merchant's id: the order's receipt, or from the notes of a QR code."""
        return self.receipt or self.notes.get("attempt_id") or self.id

    @property
    def captured(self) -> list[Payment]:
        return [payment for payment in self.payments if payment.was_captured]

    @property
    def authorized(self) -> Payment | None:
        return next((payment for payment in self.payments if payment.status == AUTHORIZED), None)

    @property
    def status(self) -> str:
        return PAID if self.captured else ATTEMPTED if self.payments else CREATED

    @property
    def state(self) -> str:
        """The state in the controls' words."""
        if self.captured:
            return "paid"
        if self.authorized:
            return "authorized"
        ends = {payment.status for payment in self.payments}
        if CREATED in ends or not ends:
            return "expired" if self.closed_at is not None and not ends else "open"
        return "expired" if REFUNDED in ends else "failed"


@dataclass(slots=True)
class Refund:
    id: str
    payment: Payment
    amount: int
    created_at: float
    speed: str
    receipt: str | None
    notes: dict[str, str]
    made_by: str = "api"  # or "hand" (on the dashboard), or "lapse" (of an authorization)
    status: str = PENDING
    was_processed: bool = False  # Also true of one whose money came back.

    @property
    def merchant_id(self) -> str:
        return self.notes.get("refund_id") or self.receipt or self.id


@dataclass(slots=True)
class Dispute:
    id: str
    payment: Payment
    amount: int
    phase: str
    reason: str
    created_at: float
    respond_by: float
    status: str = OPEN

    @property
    def is_inquiry(self) -> bool:
        return self.phase in ("fraud", "retrieval")

    @property
    def is_open(self) -> bool:
        return self.status in (OPEN, UNDER_REVIEW)

    @property
    def money(self) -> str:
        """Where the disputed money is, in the controls' words: debited when the dispute opens, returned after a win."""
        if self.status == LOST:
            return "debited"
        if self.is_inquiry:
            return "none"
        return "debited" if self.is_open else "returned"


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event that webhooks report; `entities` are its payload, in order."""

    event: str
    about: str
    entities: dict[str, dict[str, Any]]
    at: float
