"""Payments and their events, and the index of payments to be reconciled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from payments.domain.records.event import Event
from payments.domain.records.payment import Payment
from payments.record import record
from payments.store.contract.errors import StoreError
from payments.store.contract.lists import Cursor, Page


class OrderExists(StoreError):
    def __init__(self, payment_id: str) -> None:
        super().__init__("this merchant order has a payment")
        self.payment_id = payment_id


@record
class Checkpoint:
    """One row of the index of payments to be reconciled. It may be out of date: the payment decides."""

    payment_id: str
    at: datetime


class PaymentStore(Protocol):
    """The payments of one workspace."""

    def get_payment(self, payment_id: str) -> Payment: ...

    def get_payment_by_order(self, merchant_order_id: str) -> Payment: ...

    def list_payments(
        self, created_from: datetime, created_to: datetime, limit: int, cursor: str | None, status: str | None
    ) -> Page[Payment]: ...

    def cursor_after(self, payment: Payment) -> str:
        """The cursor with which `list_payments` continues after this payment."""

    def list_events(self, stream_id: str) -> list[Event]: ...


class CheckpointStore(Protocol):
    """The payments of one workspace that are to be reconciled."""

    def list_checkpoints(
        self, before: datetime, limit: int, cursor: Cursor | None = None
    ) -> tuple[Sequence[Checkpoint], Cursor | None]:
        """A page of payments to be reconciled, oldest checkpoint first, and the cursor of the next page."""

    def pass_checkpoints(self, payment: Payment) -> None:
        """Store `reconciled_at` and the next checkpoint. Nothing is written if another writer changed the payment."""

    def defer_checkpoint(self, checkpoint: Checkpoint, until: datetime) -> None:
        """Move a payment whose reconciliation failed to a later time."""
