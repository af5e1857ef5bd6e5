"""Look up records for the API, and raise the API's error if they are not in the caller's workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.domain.records.payment import Payment
from payments.domain.values import checkout_tokens
from payments.usecases.errors import PaymentNotFound
from payments.usecases.ports import Ports
from payments.usecases.translate import get_or_raise

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


def payment_of(store: WorkspaceStore, payment_id: str) -> Payment:
    """The payment. Raises PaymentNotFound."""
    return get_or_raise(store.get_payment, payment_id, PaymentNotFound("no such payment"))


def payment_of_token(payment_id: str, token: str, kind: str, ports: Ports) -> Payment:
    """The payment that the token is for. `kind` is `CHECKOUT` or `RETURN`. Raises PaymentNotFound."""
    workspace_id = checkout_tokens.workspace_of(token, kind)
    if not workspace_id:
        raise PaymentNotFound("no such payment")
    payment = payment_of(ports.store.within(workspace_id), payment_id)
    is_return = kind == checkout_tokens.RETURN
    hashes = payment.return_token_hashes if is_return else payment.checkout_token_hashes
    if not checkout_tokens.is_one_of(token, hashes):
        raise PaymentNotFound("no such payment")
    return payment
