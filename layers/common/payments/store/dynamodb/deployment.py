"""The deployment's store on DynamoDB: look-ups without a workspace, deliveries, the due indexes, leases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from payments.domain.records.case import Case
from payments.domain.values.account import Account
from payments.store.contract.deliveries import Delivery, DeliveryState, Location, StreamKey
from payments.store.contract.due import Due, Lane
from payments.store.contract.errors import NotFound
from payments.store.contract.lists import Cursor, Page
from payments.store.dynamodb import keys
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.client import ConditionFailed, DynamoDB, FencedClient
from payments.store.dynamodb.codec import Item, decode, encode, encode_item
from payments.store.dynamodb.lists import Lists
from payments.store.dynamodb.workspace import DynamoWorkspaceStore

DELIVERY_RETENTION = timedelta(days=400)
_ENDS = (DeliveryState.APPLIED, DeliveryState.IGNORED, DeliveryState.DEAD)  # Strongest first.


class DynamoStore:
    """The store. `client` is a low-level DynamoDB client; table names begin with `table_prefix`.

    `gateways` are the names that a workspace's list of gateways may have.
    """

    def __init__(self, client: DynamoDB, table_prefix: str, gateways: Collection[str]) -> None:
        self._client, self._gateways = FencedClient(client, table_prefix), gateways

    def within(self, workspace_id: str) -> DynamoWorkspaceStore:
        return DynamoWorkspaceStore(self._client.within(workspace_id), workspace_id, self._gateways)

    def list_workspace_ids(self) -> list[str]:
        rows = self._client.query_all("workspaces", "pk = :pk", {":pk": encode("WORKSPACES")})
        return [row["sk"]["S"] for row in rows]

    def locate(self, gateway: str, external_id: str) -> Location | None:
        table = "payment_refunds" if external_id.startswith("rfd_") else "payment_transactions"
        item = self._client.get(table, keys.reference(external_id))
        if item is None or item["gateway"]["S"] != gateway:
            return None
        return decode(Location, item)

    def locate_by_ref(self, gateway: str, ref: str) -> Location | None:
        item = self._client.get("payment_transactions", keys.webhook_reference(gateway, ref))
        return decode(Location, item) if item else None

    def locate_dispute(self, gateway: str, ref: str) -> Location | None:
        item = self._client.get("payment_disputes", keys.webhook_reference(gateway, ref))
        return decode(Location, item) if item else None

    def add_delivery(self, delivery: Delivery) -> Delivery | None:
        condition = f"{writes.ABSENT} OR #state = :dead"
        values = {":dead": encode(DeliveryState.DEAD)}
        try:
            self._client.put("payment_webhook_logs", _delivery_item(delivery), condition, values, {"state": "state"})
        except ConditionFailed as failed:
            return decode(Delivery, failed.item) if failed.item else None
        return None

    def save_delivery(self, delivery: Delivery) -> bool:
        condition, values = _unless_ended(delivery.state)
        try:
            self._client.put("payment_webhook_logs", _delivery_item(delivery), condition, values, {"state": "state"})
        except ConditionFailed:
            return False  # Another copy of the webhook has ended: that stays.
        return True

    def get_delivery(self, account: Account, delivery_id: str) -> Delivery:
        return self.get_added_delivery(keys.delivery(account, delivery_id))

    def get_added_delivery(self, key: StreamKey) -> Delivery:
        item = self._client.get("payment_webhook_logs", dict(key))
        if item is None:
            raise NotFound(key["pk"]["S"])
        return decode(Delivery, item)

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

    def take_job_lease(self, job: str, owner: str, now: datetime, until: datetime) -> int | None:
        values = {":until": encode(until), ":owner": encode(owner), ":one": encode(1), ":zero": encode(0)}
        expression = "SET held_until = :until, held_by = :owner, fence = if_not_exists(fence, :zero) + :one"
        # A lease that ends too late is from a clock that was ahead: it is taken over.
        condition = "attribute_not_exists(pk) OR held_until < :now OR held_until > :far OR held_by = :owner"
        values |= {":now": encode(now), ":far": encode(until + (until - now))}
        try:
            updated = self._client.update("reconciliation", keys.lease(job), expression, values, condition)
        except ConditionFailed:
            return None
        return int(updated["fence"]["N"])

    def renew_job_lease(self, job: str, fence: int, until: datetime) -> bool:
        values = {":until": encode(until), ":fence": encode(fence)}
        try:
            self._client.update("reconciliation", keys.lease(job), "SET held_until = :until", values, "fence = :fence")
        except ConditionFailed:
            return False
        return True

    def end_job_lease(self, job: str, fence: int) -> None:
        self.renew_job_lease(job, fence, datetime.fromisoformat("1970-01-01T00:00:00+00:00"))

    def get_position(self, job: str) -> str:
        item = self._client.get("reconciliation", keys.position(job))
        return str(item["position"]["S"]) if item else ""

    def put_position(self, job: str, position: str) -> None:
        self._client.put("reconciliation", keys.position(job) | {"position": encode(position)})

    def put_case(self, case: Case) -> None:
        writes.put_case(self._client, case)

    def get_case(self, case_id: str) -> Case:
        item = self._client.get("reconciliation", keys.case("", case_id))
        if item is None:
            raise NotFound(case_id)
        return decode(Case, item)

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        return Lists(self._client, "").cases(limit, cursor)


def _unless_ended(state: DeliveryState) -> tuple[str, Item]:
    """Condition and values of the write. The condition fails if a delivery with an equal or stronger end is stored."""
    standing = _ENDS[: _ENDS.index(state) + 1] if state in _ENDS else _ENDS
    values = {f":{end}": encode(end) for end in standing}
    return f"attribute_not_exists(pk) OR NOT #state IN ({', '.join(values)})", values


def _delivery_item(delivery: Delivery) -> Item:
    ttl = int((delivery.received_at + DELIVERY_RETENTION).timestamp())
    item = keys.delivery(delivery.account, delivery.id) | encode_item(delivery) | {"ttl": encode(ttl)}
    return item | writes.due(delivery.gateway, delivery.id, delivery.due_at)


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
