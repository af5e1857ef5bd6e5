"""Return the payer from the gateway to the merchant's page."""

from __future__ import annotations

from payments.domain.records.event import Why
from payments.domain.values import checkout_tokens
from payments.domain.values.urls import with_payment_id
from payments.gateways.contract.errors import GatewayError
from payments.store.contract.errors import StoreError
from payments.usecases.errors import why_of
from payments.usecases.payment.lookup import payment_of_token
from payments.usecases.payment.sync import sync_current
from payments.usecases.ports import Ports


def return_payer(payment_id: str, return_token: str, ports: Ports) -> str:
    """Sync the payment, then return the URL for the payer: the merchant's `return_url` with `payment_id`.

    If the gateway or the store does not answer, the payer is returned all the same.

    Raises:
        PaymentNotFound: the token is not for this payment.
    """
    payment = payment_of_token(payment_id, return_token, checkout_tokens.RETURN, ports)
    try:
        sync_current(payment, ports.context(payment.workspace_id, Why("payer", "return")))
    except (GatewayError, StoreError) as silence:
        facts = {"payment_id": payment_id, "error": type(silence).__name__, "why": why_of(silence)}
        ports.note("return.unsynced", level="WARNING", **facts)
    return with_payment_id(payment.return_url, payment_id)
