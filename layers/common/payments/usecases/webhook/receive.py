"""Receive a gateway's webhook: verify its proof and store it as a delivery, for `apply`."""

from __future__ import annotations

from datetime import timedelta

from payments.domain.values.account import MAIN, Account
from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import GatewayEvent, WebhookRequest
from payments.store.contract.deliveries import Delivery, DeliveryState
from payments.usecases.errors import UnknownGateway
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports
from payments.usecases.webhook.log_fields import facts_of

_FIRST_SWEEP = timedelta(seconds=60)


def receive_webhook(account: Account, request: WebhookRequest, ports: Ports) -> None:
    """Verify the webhook by the account's secret, and store it as a delivery.

    The stream of the table starts `apply`; the sweep applies what that misses.

    Raises:
        UnknownGateway: this deployment has no such gateway or account.
        WebhookForged: the proof is not valid; nothing was stored.
        StoreError: it could not be stored, and the gateway must send it again.
    """
    try:
        account = Account(ports.gateway(Account(account.gateway)).name, account.name)  # The path may have an alias.
        _require_known(account, ports)
        event = ports.gateway(account).read_webhook(request)
    except (UnknownGateway, WebhookForged) as refused:
        ports.count(Metric.WEBHOOK_REJECTED, 1)
        facts = {"error": type(refused).__name__}
        # The path may contain anything, so only known names are logged.
        if account.gateway in (ports.known_gateways or ports.gateways):
            facts |= {"gateway": account.gateway}
        if isinstance(refused, WebhookForged):
            facts |= {"account": account.name}
        ports.note("delivery.refused", level="WARNING", **facts)
        raise
    delivery = _new_delivery(account, event, ports)
    stored = ports.store.add_delivery(delivery)
    ports.count(Metric.WEBHOOK_RECEIVED, 1)
    ports.note("delivery.repeated" if stored else "delivery.received", **facts_of(delivery))


def _require_known(account: Account, ports: Ports) -> None:
    """Raises UnknownGateway for an unknown account, before a secret is read."""
    if account.name != MAIN and account not in ports.known_accounts:
        raise UnknownGateway(f"account is one of: {', '.join(map(str, ports.known_accounts))}")


def _new_delivery(account: Account, event: GatewayEvent, ports: Ports) -> Delivery:
    now = ports.clock.now()
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
