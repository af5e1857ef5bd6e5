"""Read payments. Some calls sync the payment with its gateway first."""

from __future__ import annotations

from datetime import datetime

from payments.domain.records.event import Event, Why
from payments.domain.records.payment import Payment
from payments.domain.values import capability
from payments.domain.values.urls import with_payment_id
from payments.gateways.contract.errors import GatewayError
from payments.record import record
from payments.store.contract.errors import NotFound, StoreError
from payments.store.contract.lists import Page
from payments.usecases.context import Context
from payments.usecases.errors import GatewayDown, PaymentNotFound, why_of
from payments.usecases.payment.lookup import payment_of
from payments.usecases.payment.sync import sync_attempt
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


def refresh_payment(payment_id: str, context: Context) -> Payment:
    """Sync the payment with the gateway and return it. Raises PaymentNotFound, GatewayDown."""
    payment = payment_of(context.store, payment_id)
    try:
        return _sync(payment, context)
    except GatewayError as silence:
        raise GatewayDown(
            "the gateway gave no usable answer; the stored state is unchanged", payment_id=payment_id
        ) from silence


def _sync(payment: Payment, context: Context) -> Payment:
    if not payment.current.status.is_open:
        return payment
    return sync_attempt(payment.id, payment.current.id, context)[0]


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


def view_checkout(payment_id: str, checkout_token: str, ports: Ports) -> Payment:
    """The payment that the checkout token is for. Raises PaymentNotFound if it is for another one."""
    payment = _payment_of_token(payment_id, checkout_token, capability.CHECKOUT, ports)
    if not capability.is_one_of(checkout_token, payment.checkout_token_hashes):
        raise PaymentNotFound("no such payment")
    return payment


def return_of_payer(payment_id: str, return_token: str, ports: Ports) -> str:
    """Sync the payment, then return the URL for the payer: the merchant's `return_url` with `payment_id`.

    Raises:
        PaymentNotFound: the token is not for this payment.
    """
    payment = _payment_of_token(payment_id, return_token, capability.RETURN, ports)
    if not capability.is_one_of(return_token, payment.return_token_hashes):
        raise PaymentNotFound("no such payment")
    try:
        _sync(payment, ports.context(payment.workspace_id, Why("payer", "return")))
    except (GatewayError, StoreError) as silence:
        facts = {"payment_id": payment_id, "error": type(silence).__name__, "why": why_of(silence)}
        ports.note("return.unsynced", level="WARNING", **facts)
    return with_payment_id(payment.return_url, payment_id)


def _payment_of_token(payment_id: str, token: str, kind: str, ports: Ports) -> Payment:
    workspace_id = capability.workspace_of(token, kind)
    if not workspace_id:
        raise PaymentNotFound("no such payment")
    return get_payment(workspace_id, payment_id, ports)
