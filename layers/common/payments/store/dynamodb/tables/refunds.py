"""Refunds."""

from __future__ import annotations

from payments.domain.records.payment import Payment
from payments.domain.records.refund import Refund
from payments.store.dynamodb import keys
from payments.store.dynamodb.codec import decode
from payments.store.dynamodb.tables.rows import WorkspaceRows


class Refunds(WorkspaceRows):
    """Implements `RefundStore`."""

    def get_refund(self, refund_id: str) -> Refund:
        stream_id = self._stream_of("payment_refunds", refund_id)
        return decode(Refund, self._get("payment_refunds", keys.refund(self.workspace_id, stream_id, refund_id)))

    def get_refunding(self, payment_id: str, refund_id: str) -> tuple[Payment, Refund]:
        item_key = keys.refund(self.workspace_id, payment_id, refund_id)
        return self._with_payment(Refund, "payment_refunds", payment_id, item_key)

    def list_refunds(self, payment_id: str) -> list[Refund]:
        rows = self._partition("payment_refunds", keys.of_payment(self.workspace_id, payment_id), "RF#")
        return [decode(Refund, row) for row in rows]
