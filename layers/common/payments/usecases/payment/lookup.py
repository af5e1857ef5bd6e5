"""Look up records for the API, and raise the API's error if they are not in the caller's workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.domain.records.payment import Payment
from payments.store.contract.errors import NotFound
from payments.usecases.errors import PaymentNotFound

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


def payment_of(store: WorkspaceStore, payment_id: str) -> Payment:
    """The payment. Raises PaymentNotFound."""
    try:
        return store.get_payment(payment_id)
    except NotFound as missing:
        raise PaymentNotFound("no such payment") from missing
