"""Look-ups for the API: what does not exist in the caller's workspace raises the API's error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.domain.records.payment import Payment
from payments.store.contract.errors import NotFound
from payments.usecases.errors import PaymentNotFound

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


def payment_of(store: WorkspaceStore, payment_id: str) -> Payment:
    """Raises PaymentNotFound."""
    try:
        return store.get_payment(payment_id)
    except NotFound as missing:
        raise PaymentNotFound("no such payment") from missing
