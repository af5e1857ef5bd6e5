"""Payments, their events, and the index of those to be reconciled."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from payments.domain.records.event import Event
from payments.domain.records.payment import Payment
from payments.domain.values.clock import to_text
from payments.store.contract.lists import Cursor, Page
from payments.store.contract.payments import Checkpoint
from payments.store.dynamodb import keys
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.client import ConditionFailed
from payments.store.dynamodb.codec import Item, decode, encode
from payments.store.dynamodb.lists import Listing
from payments.store.dynamodb.tables.rows import WorkspaceRows

_PAYMENTS = Listing("payment_transactions", index="listed", pk="list_pk", sk="list_sk")
_PAYMENTS_OF_STATUS = Listing("payment_transactions", index="listed_by_status", pk="status_pk", sk="list_sk")
_QUERIES_MAX = 20  # For one page, so that a filter that matches nothing ends.


class Payments(WorkspaceRows):
    """Implements `PaymentStore`."""

    def get_payment(self, payment_id: str) -> Payment:
        return decode(Payment, self._get("payment_transactions", keys.payment(self.workspace_id, payment_id)))

    def get_payment_by_order(self, merchant_order_id: str) -> Payment:
        lock = self._get("payment_transactions", keys.order(self.workspace_id, merchant_order_id))
        return self.get_payment(lock["payment_id"]["S"])

    def list_payments(
        self, created_from: datetime, created_to: datetime, limit: int, cursor: str | None, status: str | None
    ) -> Page[Payment]:
        order = _PAYMENTS_OF_STATUS if status else _PAYMENTS
        newest, oldest = cursor or f"{to_text(created_to)}~", to_text(created_from)
        found: list[Payment] = []
        for _ in range(_QUERIES_MAX):
            pk = keys.payment_list(self.workspace_id, newest[:7], status)
            rows, _ = order.rows(self._client, pk, newest, limit - len(found), oldest)
            payments = order.whole(self._client, Payment, rows)
            found += [payment for payment in payments if status in (None, payment.status)]  # The index may be late.
            if rows:
                newest = order.place(rows[-1])
            elif newest[:7] > oldest[:7]:
                newest = f"{_month_before(newest[:7])}~"
            else:
                return Page(tuple(found), None)
            if len(found) >= limit:
                break
        return Page(tuple(found), newest)

    def cursor_after(self, payment: Payment) -> str:
        return keys.place_in_list(payment.created_at, payment.id)

    def list_events(self, stream_id: str) -> list[Event]:
        rows = self._partition("payment_events_log", keys.stream(self.workspace_id, stream_id), "E#")
        return [decode(Event, row) for row in rows]


class Checkpoints(WorkspaceRows):
    """Implements `CheckpointStore`."""

    def list_checkpoints(
        self, before: datetime, limit: int, cursor: Cursor | None = None
    ) -> tuple[Sequence[Checkpoint], Cursor | None]:
        values = {":pk": encode(keys.checkpoints(self.workspace_id)), ":before": encode(before)}
        options = {"IndexName": "checkpoint", "Limit": limit} | ({"ExclusiveStartKey": cursor} if cursor else {})
        condition = "checkpoint_pk = :pk AND checkpoint_at <= :before"
        page = self._client.query("payment_transactions", condition, values, **options)
        rows = [(row["pk"]["S"].split("#")[3], row["checkpoint_at"]["S"]) for row in page["Items"]]
        found = [Checkpoint(payment_id, datetime.fromisoformat(at)) for payment_id, at in rows]
        return found, page.get("LastEvaluatedKey")

    def pass_checkpoints(self, payment: Payment) -> None:
        values = {":now": encode(payment.reconciled_at), ":read": encode(payment.version)}
        expression = "SET reconciled_at = :now REMOVE checkpoint_pk, checkpoint_at"
        if following := writes.checkpoint(payment):
            expression = "SET reconciled_at = :now, checkpoint_at = :next"
            values[":next"] = following["checkpoint_at"]
        self._update_payment(payment.id, expression, values, "version = :read")

    def defer_checkpoint(self, checkpoint: Checkpoint, until: datetime) -> None:
        values = {":until": encode(until), ":old": encode(checkpoint.at)}
        self._update_payment(checkpoint.payment_id, "SET checkpoint_at = :until", values, "checkpoint_at = :old")

    def _update_payment(self, payment_id: str, expression: str, values: Item, condition: str) -> None:
        item_key = keys.payment(self.workspace_id, payment_id)
        with suppress(ConditionFailed):  # Another writer was first.
            self._client.update("payment_transactions", item_key, expression, values, condition)


def _month_before(month: str) -> str:
    first = datetime.fromisoformat(f"{month}-01")
    return (first - timedelta(days=1)).strftime("%Y-%m")
