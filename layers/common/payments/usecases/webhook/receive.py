"""Receive a gateway's webhook: prove it and keep it. `apply` then asks the gateway what is true."""

from __future__ import annotations

from datetime import timedelta

from payments.domain.values.account import MAIN, Account
from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import GatewayEvent, WebhookRequest
from payments.store.contract.deliveries import Delivery, DeliveryState
from payments.usecases.errors import UnknownGateway
from payments.usecases.parts import Parts
from payments.usecases.webhook.facts import facts_of

_FIRST_SWEEP = timedelta(seconds=60)


def receive_webhook(account: Account, request: WebhookRequest, parts: Parts) -> None:
    """Keep a delivery that is proven by the account's secret.

    The stream of its table starts `apply`; what that misses the sweep finds.

    Raises:
        UnknownGateway: there is no such gateway, or this deployment has no such account.
        WebhookForged: nothing was kept.
        StoreError: it could not be kept; the gateway must send it again.
    """
    try:
        account = Account(parts.gateway(Account(account.gateway)).name, account.name)  # The address may have an alias.
        _require_known(account, parts)
        event = parts.gateway(account).read_webhook(request)
    except (UnknownGateway, WebhookForged) as refused:
        parts.count("WebhookRejected", 1)
        facts = {"error": type(refused).__name__}
        # Anybody may write anything into the address: only names of ours are logged.
        if account.gateway in (parts.known_gateways or parts.gateways):
            facts |= {"gateway": account.gateway}
        if isinstance(refused, WebhookForged):
            facts |= {"account": account.name}
        parts.note("delivery.refused", level="WARNING", **facts)
        raise
    delivery = _new_delivery(account, event, parts)
    stored = parts.store.add_delivery(delivery)
    parts.count("WebhookReceived", 1)
    parts.note("delivery.repeated" if stored else "delivery.received", **facts_of(delivery))


def _require_known(account: Account, parts: Parts) -> None:
    """Raises UnknownGateway. An unknown name is refused before its secret is read."""
    if account.name != MAIN and account not in parts.known_accounts:
        raise UnknownGateway(f"account is one of: {', '.join(map(str, parts.known_accounts))}")


def _new_delivery(account: Account, event: GatewayEvent, parts: Parts) -> Delivery:
    now = parts.clock.now()
    return Delivery(
        id=event.id,
        gateway=account.gateway,
        account_name=account.name,
        kind=event.kind,
        event_type=event.event_type,
        subject_id=event.subject_id,
        subject_ref=event.subject_ref,
        event_state=event.state,
        refund_ref=event.refund_ref,
        state=DeliveryState.RECEIVED,
        received_at=now,
        due_at=now + _FIRST_SWEEP,
    )
