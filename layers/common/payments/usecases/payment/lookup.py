"""Look up records for the API, and raise the API's error if they are not in the caller's workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.domain.records.payment import Payment
from payments.usecases.errors import PaymentNotFound
from payments.usecases.translate import get_or_raise

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


def payment_of(store: WorkspaceStore, payment_id: str) -> Payment:
    """The payment. Raises PaymentNotFound."""
    return get_or_raise(store.get_payment, payment_id, PaymentNotFound("no such payment"))
