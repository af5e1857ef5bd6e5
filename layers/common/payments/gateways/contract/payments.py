"""Checkouts and charges, and what only some gateways can do with a payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

from payments.domain.records.payment import Attempt, Customer
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.terms import NOTHING_TO_DO, NextAction
from payments.record import record


@record
class Checkout:
    """Where the payer is sent. `webhook_ref` is the name that webhooks use for the attempt, if it is not our id."""

    ref: str
    next_action: NextAction
    expires_at: datetime | None = None
    webhook_ref: str = ""


@record
class Charge:
    """What became of a direct charge at once; a payer may have to act all the same (3-D Secure)."""

    snapshot: Snapshot
    ref: str  # Webhooks name the charge by it.
    next_action: NextAction = NOTHING_TO_DO


@record
class CheckoutDetails:
    """What a checkout is made of beside the attempt: where the payer comes back to, and who that is."""

    return_url: str
    payment_id: str
    merchant_order_id: str
    expires_in_s: int
    customer: Customer | None = None

    @property
    def title(self) -> str:
        """What the payer reads at the gateway."""
        return f"Order {self.merchant_order_id}".strip()


@runtime_checkable
class CanCapture(Protocol):
    """Holding and taking are two steps. Repeated for one attempt and amount, the money is taken once."""

    has_partial_capture: ClassVar[bool]
    has_checkout_authorization: ClassVar[bool]  # False where only a token's charge can be held.

    def capture_payment(self, attempt: Attempt, amount: Money) -> Snapshot: ...


@runtime_checkable
class CanAuthorize(Protocol):
    """The payer's approval holds nothing by itself. Repeated for one attempt, the money is held once."""

    def authorize_payment(self, attempt: Attempt) -> Snapshot: ...


@runtime_checkable
class CanCancel(Protocol):
    """An unpaid checkout is closed, a hold is let go. Says what is so afterwards: it may have been paid before."""

    def cancel_payment(self, attempt: Attempt) -> Snapshot: ...


@runtime_checkable
class CanCharge(Protocol):
    """Charges the instrument that `attempt.terms.source_token` names. A decline is a Charge with a failed snapshot."""

    def charge_token(self, attempt: Attempt, order: CheckoutDetails) -> Charge: ...


@runtime_checkable
class CanVerify(Protocol):
    """The gateway's script hands the browser a proof. It proves who says so, never what is so: fetch afterwards."""

    def is_proved(self, attempt: Attempt, proof: Mapping[str, str]) -> bool: ...


@runtime_checkable
class CanConfirmRef(Protocol):
    """An attempt whose create answer was lost is found without a search, where a webhook named the object."""

    def confirm_ref(self, attempt: Attempt, ref: str) -> str:
        """The attempt's `checkout_ref`, if the gateway's object `ref` names our id of the attempt; else ""."""
