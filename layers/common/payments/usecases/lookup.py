"""Look-ups that answer the caller: what is not there, or not theirs, is an error of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.domain.payment import Payment
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
