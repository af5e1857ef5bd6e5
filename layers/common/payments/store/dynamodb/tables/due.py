"""The due index: rows of several tables, by gateway and shard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from payments.domain.values.account import Account
from payments.store.contract.due import Due, Lane
from payments.store.contract.lists import Cursor
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import ConditionFailed
from payments.store.dynamodb.codec import Item, encode
from payments.store.dynamodb.tables.rows import Rows


class DueRows(Rows):
    """Implements `DueStore`."""

    def list_due(
        self, lane: Lane, kind: str, before: datetime, limit: int, cursor: Cursor | None = None
    ) -> tuple[Sequence[Due], Cursor | None]:
        values = {":pk": encode(keys.due_lane(lane.gateway, lane.shard)), ":before": encode(before)}
        options = {"IndexName": "due", "Limit": limit} | ({"ExclusiveStartKey": cursor} if cursor else {})
        page = self._client.query(_DUE_KINDS[kind].table, "due_shard = :pk AND due_at <= :before", values, **options)
        return [_due_from(kind, lane, row) for row in page["Items"]], page.get("LastEvaluatedKey")

    def defer(self, due: Due, at: datetime | None) -> None:
        expression = "SET due_at = :new REMOVE due_failures" if at else "REMOVE due_at, due_shard, due_failures"
        self._move(due, due.due_at, expression, {":new": encode(at)} if at else {})

    def back_off(self, due: Due, delays: Sequence[timedelta], now: datetime) -> None:
        first = now + delays[0]
        values = {":new": encode(first), ":one": encode(1), ":none": encode(0)}
        expression = "SET due_at = :new, due_failures = if_not_exists(due_failures, :none) + :one"
        moved = self._move(due, due.due_at, expression, values)
        failures = int(moved["due_failures"]["N"]) if moved else 1
        if failures > 1:  # Only the update returns the number of failures.
            later = now + delays[min(failures, len(delays)) - 1]
            self._move(due, first, "SET due_at = :new", {":new": encode(later)})

    def _move(self, due: Due, from_at: datetime, expression: str, values: Item) -> Item:
        """The updated attributes; empty if another writer has changed the row."""
        client = self._client.within(due.workspace_id) if due.workspace_id else self._client
        values |= {":old": encode(from_at)}
        table, key_of = _DUE_KINDS[due.kind]
        try:
            return client.update(table, key_of(due), expression, values, "due_at = :old")
        except ConditionFailed:
            return {}


def _due_from(kind: str, lane: Lane, row: Item) -> Due:
    pk, sk = row["pk"]["S"].split("#"), row["sk"]["S"]
    due_at = datetime.fromisoformat(row["due_at"]["S"])
    if kind == "delivery":
        return Due(kind, "", pk[1], pk[2], due_at, lane.gateway)
    return Due(kind, pk[1], pk[3], sk.partition("#")[2] or pk[3], due_at, lane.gateway)


class _DueKind(NamedTuple):
    """The table of a kind of due record, and the function that makes a record's key."""

    table: str
    key_of: Callable[[Due], Item]


_DUE_KINDS = {
    "payment": _DueKind("payment_transactions", lambda due: keys.payment(due.workspace_id, due.stream_id)),
    "refund": _DueKind("payment_refunds", lambda due: keys.refund(due.workspace_id, due.stream_id, due.subject_id)),
    "dispute": _DueKind("payment_disputes", lambda due: keys.dispute(due.workspace_id, due.stream_id, due.subject_id)),
    "delivery": _DueKind("payment_webhook_logs", lambda due: keys.delivery(Account.of(due.stream_id), due.subject_id)),
}
