"""What the gateway remembers. Times are epoch seconds; amounts are minor units of the order's currency."""

from __future__ import annotations

from dataclasses import dataclass, field

CAPTURE, AUTHORIZE = "CAPTURE", "AUTHORIZE"
CREATED, PAYER_ACTION_REQUIRED, APPROVED = "CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"
COMPLETED, VOIDED, EXPIRED = "COMPLETED", "VOIDED", "EXPIRED"  # Expired is the simulator's own word: a 404.
PENDING, DECLINED, FAILED = "PENDING", "DECLINED", "FAILED"
CAPTURED, PARTIALLY_CAPTURED = "CAPTURED", "PARTIALLY_CAPTURED"
REFUNDED, PARTIALLY_REFUNDED = "REFUNDED", "PARTIALLY_REFUNDED"
DEBIT, CREDIT = "DEBIT", "CREDIT"
PAID = (COMPLETED, REFUNDED, PARTIALLY_REFUNDED)


@dataclass(frozen=True, slots=True)
class Fate:
    """What will become of the money once somebody wants it: an issue, a declined capture, a pending one, or money."""

    issue: str = ""
    processor_code: str = ""
    pending_reason: str = ""
    is_forgiven: bool = False  # The payer may come back and choose something else.
    is_authorized_later: bool = False  # The authorization itself is under review.
    lasts_honor_period: bool = False  # After it the payer's money is spent.


PAYS = Fate()


@dataclass(slots=True)
class Authorization:
    """PayPal says authorization."""

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
    lost: int = 0  # In disputes that ended for the payer.


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
    came_back: bool = False  # It had completed, and then failed.

    @property
    def is_open(self) -> bool:
        return self.status == PENDING


@dataclass(slots=True)
class Dispute:
    """`movements` are DEBIT or CREDIT of the merchant's account, with their amounts and times."""

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
    amount: int  # Differs from what was asked only under the fault wrong_amount.
    currency: str
    custom_id: str
    invoice_id: str
    description: str
    reference_id: str
    return_url: str
    cancel_url: str
    is_wallet: bool  # With payment_source.paypal: another first status, another link.
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
        """The merchant's, where the merchant gave one."""
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
