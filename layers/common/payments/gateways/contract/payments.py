"""Checkouts and charges, and the payment operations that only some gateways offer."""

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
    """A checkout at the gateway, on which the payer pays.

    `ref` is the gateway's id of it. `webhook_ref` is the gateway's id by which webhooks name the attempt, if they do
    not echo our id. `expires_at` (UTC) is when the checkout closes at the gateway, None if it does not say.
    """

    ref: str
    next_action: NextAction
    expires_at: datetime | None = None
    webhook_ref: str = ""


@record
class Charge:
    """The result of a direct charge. `next_action` is what the payer still has to do, such as 3-D Secure."""

    snapshot: Snapshot
    ref: str  # The gateway's id of the charge, by which webhooks name it.
    next_action: NextAction = NOTHING_TO_DO


@record
class CheckoutDetails:
    """The values of a new checkout that are not part of the attempt."""

    return_url: str
    payment_id: str
    merchant_order_id: str
    expires_in_s: int
    customer: Customer | None = None

    @property
    def title(self) -> str:
        """The title that the gateway shows to the payer."""
        return f"Order {self.merchant_order_id}".strip()


@runtime_checkable
class CanCapture(Protocol):
    """Gateways that authorize first and capture with a second call."""

    has_partial_capture: ClassVar[bool]
    has_checkout_authorization: ClassVar[bool]  # False if only a direct charge can be authorized.

    def capture_payment(self, attempt: Attempt, amount: Money) -> Snapshot:
        """Capture `amount` of the authorization and return the payment's status afterwards.

        Must be idempotent: repeated for one attempt and amount, it captures once. If the authorization was captured
        or has ended before, return that status.

        Raises:
            Rejected: the gateway refused the capture, and the authorization is still open.
        """


@runtime_checkable
class CanAuthorize(Protocol):
    """Gateways at which the payer's approval authorizes nothing until we call."""

    def authorize_payment(self, attempt: Attempt) -> Snapshot:
        """Authorize the approved payment and return its status. Must be idempotent per attempt."""


@runtime_checkable
class CanCancel(Protocol):
    """Gateways at which an unpaid checkout can be closed and an authorization voided."""

    def cancel_payment(self, attempt: Attempt) -> Snapshot:
        """Close the checkout or void the authorization, and return the status afterwards. Must be idempotent.

        If the payment was captured before, return that snapshot; never refund.
        """


@runtime_checkable
class CanCharge(Protocol):
    """Gateways that charge a token of a payment instrument, without a checkout."""

    def charge_token(self, attempt: Attempt, order: CheckoutDetails) -> Charge:
        """Charge `attempt.terms.source_token`. A decline is returned as a failed snapshot, not raised.

        Must be idempotent per attempt.
        """


@runtime_checkable
class CanVerify(Protocol):
    """Gateways whose script gives the browser a signed proof of the payment."""

    def is_proved(self, attempt: Attempt, proof: Mapping[str, str]) -> bool:
        """Return whether the gateway signed `proof` for this attempt. It shows no status: the caller must fetch it."""


@runtime_checkable
class CanConfirmRef(Protocol):
    """Gateways whose webhook names an object that we may not know yet, because the create call's answer was lost."""

    def confirm_ref(self, attempt: Attempt, ref: str) -> str:
        """Return the attempt's `checkout_ref` if the gateway's object `ref` carries our attempt id, else ""."""
