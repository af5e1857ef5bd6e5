"""The methods that every gateway has. Optional operations are protocols in the module of their subject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Protocol

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.records.snapshot import Snapshot
from payments.gateways.contract.payments import CanCancel, CanCapture, CanCharge, CanVerify, Checkout, CheckoutDetails
from payments.gateways.contract.webhooks import GatewayEvent, WebhookRequest


class Gateway(Protocol):
    """One account of a gateway. An adapter translates calls and answers; it makes no decisions and has no state.

    Every call may raise Rejected, Unavailable or Misconfigured; a write may raise OutcomeUnknown as well.
    """

    name: ClassVar[str]
    minimum_minor: ClassVar[Mapping[str, int]]  # Minor units by currency; 1 if not listed.
    refund_minimum_minor: ClassVar[Mapping[str, int]]  # Minor units by currency; 1 if not listed.
    refund_window: ClassVar[timedelta]  # Counted from the payment.
    refund_may_return: ClassVar[timedelta]  # How long a completed refund may still fail; 0 if never.
    has_one_refund_at_a_time: ClassVar[bool]
    has_refund_in_dispute: ClassVar[bool]  # It accepts a refund while a chargeback is open.

    @property
    def merchant_ref(self) -> str:
        """The merchant account that answers must name; "" if none is configured, which skips the comparison."""

    def require_settings(self) -> None:
        """Raises Misconfigured if a setting or field of the secret that calls need is unusable. Sends nothing."""

    def create_checkout(self, attempt: Attempt, order: CheckoutDetails) -> Checkout:
        """Create the checkout. Must be idempotent per attempt: the same call again never lets the payer pay twice.

        Raises:
            Unsupported: the gateway does not offer the attempt's terms.
        """

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        """Return the attempt's status, amount and refunded total as the gateway reports them.

        An attempt without `checkout_ref` must be searched for by our id, unless no payer could pay it without us.
        The status `created` means: the gateway has no such object. It may be returned only after every object of
        the create call's time window was read, in this check or, if the attempt `is_absent`, in an earlier one.

        Raises:
            SearchUnfinished: the window has more objects than one check reads.
        """

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        """Request the refund and return its status. Must be idempotent per refund id."""

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        """Return the refund's status, found by our id if `refund_ref` is not known; `created` if there is none."""

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent:
        """Check the proof, then return the event. An unreadable body is an event of the kind IGNORED.

        Raises:
            WebhookForged: the proof is missing or wrong.
            Misconfigured: the secret that checks the proof is missing or malformed.
        """


_PROTOCOLS: Mapping[str, type] = {
    "capture": CanCapture,
    "cancel": CanCancel,
    "charge": CanCharge,
    "verify": CanVerify,
}


def abilities(gateway: Gateway) -> dict[str, bool]:
    """Return which optional operations the gateway offers, by name. Read from its methods, so no flag can differ."""
    found = {name: isinstance(gateway, protocol) for name, protocol in _PROTOCOLS.items()}
    return found | {"partial_capture": isinstance(gateway, CanCapture) and gateway.has_partial_capture}
