"""What a payer may do with a token: view the checkout, and come back from the gateway."""

from __future__ import annotations

from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.values import checkout_tokens
from payments.domain.values.urls import with_payment_id
from payments.gateways.contract.errors import GatewayError
from payments.store.contract.errors import StoreError
from payments.usecases.errors import PaymentNotFound, why_of
from payments.usecases.payment.lookup import payment_of
from payments.usecases.payment.sync import sync_current
from payments.usecases.ports import Ports


def view_checkout(payment_id: str, checkout_token: str, ports: Ports) -> Payment:
    """The payment that the checkout token is for. Raises PaymentNotFound if it is for another one."""
    payment = _payment_of_token(payment_id, checkout_token, checkout_tokens.CHECKOUT, ports)
    if not checkout_tokens.is_one_of(checkout_token, payment.checkout_token_hashes):
        raise PaymentNotFound("no such payment")
    return payment


def return_of_payer(payment_id: str, return_token: str, ports: Ports) -> str:
    """Sync the payment, then return the URL for the payer: the merchant's `return_url` with `payment_id`.

    Raises:
        PaymentNotFound: the token is not for this payment.
    """
    payment = _payment_of_token(payment_id, return_token, checkout_tokens.RETURN, ports)
    if not checkout_tokens.is_one_of(return_token, payment.return_token_hashes):
        raise PaymentNotFound("no such payment")
    try:
        sync_current(payment, ports.context(payment.workspace_id, Why("payer", "return")))
    except (GatewayError, StoreError) as silence:
        facts = {"payment_id": payment_id, "error": type(silence).__name__, "why": why_of(silence)}
        ports.note("return.unsynced", level="WARNING", **facts)
    return with_payment_id(payment.return_url, payment_id)


def _payment_of_token(payment_id: str, token: str, kind: str, ports: Ports) -> Payment:
    workspace_id = checkout_tokens.workspace_of(token, kind)
    if not workspace_id:
        raise PaymentNotFound("no such payment")
    return payment_of(ports.store.within(workspace_id), payment_id)
