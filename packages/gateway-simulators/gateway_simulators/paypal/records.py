"""PayPal's records. Times are epoch seconds; amounts are minor units of the order's currency."""

from __future__ import annotations

from dataclasses import dataclass, field

CAPTURE, AUTHORIZE = "CAPTURE", "AUTHORIZE"
CREATED, PAYER_ACTION_REQUIRED, APPROVED = "CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"
# EXPIRED is the simulator's own word: PayPal answers 404.
COMPLETED, VOIDED, EXPIRED = "COMPLETED", "VOIDED", "EXPIRED"
PENDING, DECLINED, FAILED = "PENDING", "DECLINED", "FAILED"
CAPTURED, PARTIALLY_CAPTURED = "CAPTURED", "PARTIALLY_CAPTURED"
REFUNDED, PARTIALLY_REFUNDED = "REFUNDED", "PARTIALLY_REFUNDED"
DEBIT, CREDIT = "DEBIT", "CREDIT"
PAID = (COMPLETED, REFUNDED, PARTIALLY_REFUNDED)


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens when the merchant captures: an issue, a declined capture, a pending one, or a completed one."""

    issue: str = ""
    processor_code: str = ""
    pending_reason: str = ""
    is_forgiven: bool = False  # The payer may come back and choose another instrument.
    is_authorized_later: bool = False  # The authorization itself is under review.
    lasts_honor_period: bool = False  # After it the payer's money is gone.


PAYS = Fate()


@dataclass(slots=True)
class Authorization:
    """An authorization, with PayPal's fields."""

    ref: str
    order_ref: str
    amount: int
    created_at: float
    honored_until: float
    expires_at: float
    status: str = CREATED
    updated_at: float = 0.0
    is_final: bool = False
    was_renewed: bool = False


@dataclass(slots=True)
class Capture:
    ref: str
    order_ref: str
    amount: int
    at: float
    status: str
    invoice_id: str
    authorization_ref: str = ""
    reason: str = ""
    processor_code: str = ""
    is_final: bool = True
    is_disputed: bool = False
    lost: int = 0  # Amount of disputes that the payer has won.


@dataclass(slots=True)
class Refund:
    ref: str
    capture_ref: str
    order_ref: str
    amount: int
    at: float
    custom_id: str = ""
    invoice_id: str = ""
    note: str = ""
    made_by: str = "api"
    status: str = PENDING
    came_back: bool = False  # The refund had completed, and then failed.

    @property
    def is_open(self) -> bool:
        return self.status == PENDING


@dataclass(slots=True)
class Dispute:
    """A dispute. `movements` are debits and credits of the merchant's account: DEBIT or CREDIT, amount, time."""

    ref: str
    order_ref: str
    capture_ref: str
    amount: int
    stage: str
    reason: str
    opened_at: float
    updated_at: float
    respond_in_s: float
    respond_by: float
    status: str
    outcome: str = ""
    movements: list[tuple[str, int, float]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return bool(self.outcome)

    @property
    def debited(self) -> int:
        return sum(minor if kind == DEBIT else -minor for kind, minor, _ in self.movements)


@dataclass(slots=True)
class Order:
    ref: str
    intent: str
    amount: int  # Differs from the requested amount only under fault wrong_amount.
    currency: str
    custom_id: str
    invoice_id: str
    description: str
    reference_id: str
    return_url: str
    cancel_url: str
    is_wallet: bool  # Created with payment_source.paypal: another first status, another link.
    status: str
    created_at: float
    updated_at: float
    expires_at: float
    wants_money_at_once: bool = False
    payer: str = ""
    fate: Fate = PAYS
    has_late_success: bool = False
    holds: list[Authorization] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The merchant's id if the merchant gave one, otherwise PayPal's."""
        return self.custom_id or self.ref

    @property
    def is_open(self) -> bool:
        return self.status in (CREATED, PAYER_ACTION_REQUIRED, APPROVED)

    @property
    def captured(self) -> int:
        return sum(capture.amount for capture in self.captures if capture.status in PAID)

    def refunded(self, capture_ref: str) -> int:
        ours = (refund for refund in self.refunds if refund.capture_ref == capture_ref)
        return sum(refund.amount for refund in ours if refund.status in (PENDING, COMPLETED))
