"""What every gateway does for us: five methods. What only some can is a small protocol in the module of its subject."""

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
    """One gateway. An adapter decides nothing and keeps nothing."""

    name: ClassVar[str]
    minimum_minor: ClassVar[Mapping[str, int]]  # By currency; 1 for one that is not listed.
    refund_minimum_minor: ClassVar[Mapping[str, int]]  # Likewise.
    refund_window: ClassVar[timedelta]  # From the payment on.
    refund_may_return: ClassVar[timedelta]  # A completed refund may fail for so long; 0 where it cannot.
    has_one_refund_at_a_time: ClassVar[bool]
    has_refund_in_dispute: ClassVar[bool]  # Whether it refunds while a chargeback is open.

    @property
    def merchant_ref(self) -> str:
        """The merchant that answers must be about, "" where nobody configured it."""

    def require_settings(self) -> None:
        """Raises Misconfigured where calls lack a setting or a field of the secret."""

    def create_checkout(self, attempt: Attempt, order: CheckoutDetails) -> Checkout: ...

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        """Without a `checkout_ref`: found by our id wherever money could have moved without us, else `created`.

        `created` says that every object of the time in which the create call can have arrived was read, now or, of an
        attempt that `is_absent`, before.

        Raises:
            SearchUnfinished: there are more of them than one check reads.
        """

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot: ...

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot: ...

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent: ...


_PROTOCOLS: Mapping[str, type] = {
    "capture": CanCapture,
    "cancel": CanCancel,
    "charge": CanCharge,
    "verify": CanVerify,
}


def abilities(gateway: Gateway) -> dict[str, bool]:
    """What it can do beyond the five methods, read off its methods: a flag and a method cannot disagree."""
    found = {name: isinstance(gateway, protocol) for name, protocol in _PROTOCOLS.items()}
    return found | {"partial_capture": isinstance(gateway, CanCapture) and gateway.has_partial_capture}
