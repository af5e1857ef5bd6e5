"""Read payments. No gateway is called."""

from __future__ import annotations

from datetime import datetime

from payments.domain.records.event import Event
from payments.domain.records.payment import Payment
from payments.domain.values import checkout_tokens
from payments.record import record
from payments.store.contract.errors import NotFound
from payments.store.contract.lists import Page
from payments.usecases.errors import PaymentNotFound
from payments.usecases.payment.lookup import payment_of, payment_of_token
from payments.usecases.ports import Ports


@record
class PaymentFilter:
    """What to list: payments created from `created_from` up to `created_to`."""

    created_from: datetime
    created_to: datetime
    status: str | None
    limit: int
    cursor: str | None


def get_payment(workspace_id: str, payment_id: str, ports: Ports) -> Payment:
    """Raises PaymentNotFound."""
    return payment_of(ports.store.within(workspace_id), payment_id)


def get_checkout(payment_id: str, checkout_token: str, ports: Ports) -> Payment:
    """The payment of a checkout, for its payer. Raises PaymentNotFound if the token is not for this payment."""
    return payment_of_token(payment_id, checkout_token, checkout_tokens.CHECKOUT, ports)


def find_payments(workspace_id: str, merchant_order_id: str, ports: Ports) -> list[Payment]:
    """The payment of a merchant order; an empty list if there is none."""
    try:
        return [ports.store.within(workspace_id).get_payment_by_order(merchant_order_id)]
    except NotFound:
        return []


def list_payments(workspace_id: str, wanted: PaymentFilter, ports: Ports) -> Page[Payment]:
    store = ports.store.within(workspace_id)
    return store.list_payments(wanted.created_from, wanted.created_to, wanted.limit, wanted.cursor, wanted.status)


def list_events(workspace_id: str, payment_id: str, ports: Ports) -> list[Event]:
    """The timeline, oldest first. Raises PaymentNotFound."""
    events = ports.store.within(workspace_id).list_events(payment_id)
    if not events:
        raise PaymentNotFound("no such payment")
    return events
