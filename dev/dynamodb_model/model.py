"""DynamoDB in this process: the methods of the low-level client, on an injected clock."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from dev.dynamodb_model import errors, queries
from dev.dynamodb_model.requests import check_fields
from dev.dynamodb_model.tables import Table
from dev.dynamodb_model.transactions import Outcome, Transaction, Transactions
from dev.dynamodb_model.values import Attributes, Json, size_of_item, thaw_item
from dev.dynamodb_model.writes import prepare, returned

_TABLE = frozenset(("TableName",))
_GET = frozenset(("TableName", "Key"))
_GET_ALLOWED = _GET | {"ConsistentRead"}
_BATCH = frozenset(("RequestItems",))
_BATCH_KEYS = frozenset(("Keys",))
_BATCH_KEYS_ALLOWED = _BATCH_KEYS | {"ConsistentRead"}
_BATCH_MAX = 100
_BATCH_BYTES_MAX = 16 * 1024 * 1024


class Change(NamedTuple):
    """One item that a committed write changed."""

    table: str
    key: Json
    old: Json | None
    new: Json | None


class DynamoDB:
    """One call at a time: for concurrency, schedule callers between calls or between the steps of a transaction."""

    exceptions = errors.Exceptions

    def __init__(self, clock: Callable[[], float] = time.time, index_lag: Callable[[], float] = lambda: 0.0) -> None:
        self._clock, self._index_lag = clock, index_lag
        self._tables: dict[str, Table] = {}
        self._transactions = Transactions(self._table, clock, self._apply)
        self.changes: Callable[[list[Change]], None] | None = None

    def create_table(self, **request: Any) -> Json:
        name = request["TableName"]
        if name in self._tables:
            raise errors.table_exists(name)
        self._tables[name] = Table(request, self._clock, self._index_lag)
        return _answer(TableDescription={"TableName": name, "TableStatus": "ACTIVE"})

    def update_time_to_live(self, **request: Any) -> Json:
        body = request["TimeToLiveSpecification"]
        self._table(request["TableName"]).ttl_attribute = body["AttributeName"] if body["Enabled"] else ""
        return _answer(TimeToLiveSpecification=dict(body))

    def list_tables(self, **request: Any) -> Json:
        check_fields("ListTables", request, frozenset(), frozenset())
        return _answer(TableNames=sorted(self._tables))

    def describe_table(self, **request: Any) -> Json:
        check_fields("DescribeTable", request, _TABLE, _TABLE)
        table = self._table(request["TableName"])
        return _answer(Table={**copy.deepcopy(table.declared), "TableStatus": "ACTIVE", "ItemCount": len(table.items)})

    def get_item(self, **request: Any) -> Json:
        check_fields("GetItem", request, _GET, _GET_ALLOWED)
        table = self._table(request["TableName"])
        item = table.items.get(table.key_of(table.key_item(request["Key"])))
        return _answer() if item is None else _answer(Item=thaw_item(item))

    def batch_get_item(self, **request: Any) -> Json:
        check_fields("BatchGetItem", request, _BATCH, _BATCH)
        wanted = request["RequestItems"]
        for body in wanted.values():
            check_fields("BatchGetItem", body, _BATCH_KEYS, _BATCH_KEYS_ALLOWED)
        _check_batch(sum(len(body["Keys"]) for body in wanted.values()), wanted)
        left, unprocessed, found = _BATCH_BYTES_MAX, {}, {}
        for name, body in wanted.items():
            found[name], rest, left = _batch(self._table(name), body["Keys"], left)
            if rest:
                unprocessed[name] = {**body, "Keys": rest}
        return _answer(Responses=found, UnprocessedKeys=unprocessed)

    def put_item(self, **request: Any) -> Json:
        return self._write("PutItem", "Put", request)

    def update_item(self, **request: Any) -> Json:
        return self._write("UpdateItem", "Update", request)

    def delete_item(self, **request: Any) -> Json:
        return self._write("DeleteItem", "Delete", request)

    def query(self, **request: Any) -> Json:
        return queries.query(self._table(request.get("TableName", "")), request)

    def scan(self, **request: Any) -> Json:
        return queries.scan(self._table(request.get("TableName", "")), request)

    def transact_write_items(self, **request: Any) -> Json:
        return self._transactions.commit(self._transactions.begin(request))

    def begin_transaction(self, request: Json) -> Transaction:
        """Check the request and put its items in flight. Call `commit` or `abandon` afterwards."""
        return self._transactions.begin(request)

    def commit(self, transaction: Transaction) -> Json:
        return self._transactions.commit(transaction)

    def abandon(self, transaction: Transaction) -> None:
        self._transactions.abandon(transaction)

    def tables(self) -> list[str]:
        return list(self._tables)

    def items(self, table: str) -> list[Json]:
        """Copies of all items, in the order of their keys."""
        stored = self._table(table).items
        return [thaw_item(stored[key]) for key in sorted(stored)]

    def copy_from(self, source: DynamoDB, table: str) -> None:
        """Add all items of the source's table of that name, without checks and without `changes`.

        Both databases then share the items, which is safe: an item is replaced, never changed.
        """
        target = self._table(table)
        for key, item in source._table(table).items.items():
            target.write(key, item)

    def firsts(self, table: str, index: str) -> list[Json]:
        """The first item of each partition of an index."""
        ordered = self._table(table).indexes[index].now()
        return [thaw_item(ordered.entries[one, orders[0]]) for one, orders in ordered.orders.items()]

    def _table(self, name: str) -> Table:
        table = self._tables.get(name)
        if table is None:
            raise errors.no_such_table()
        return table

    def _write(self, operation: str, verb: str, request: Json) -> Json:
        table = self._table(request.get("TableName", ""))
        write = prepare(verb, table, request, is_single=True)
        in_flight = self._transactions.in_flight
        if in_flight and (table.name, write.key) in in_flight:
            raise errors.item_in_transaction(operation)
        old = table.items.get(write.key)
        if not write.holds(old):
            raise errors.condition_failed(operation, write.old_requested(old))
        new = write.outcome(old)
        self._apply([(write, old, new)])
        attributes = returned(write, request.get("ReturnValues", "NONE"), old, new)
        return _answer() if attributes is None else _answer(Attributes=attributes)

    def _apply(self, outcomes: list[Outcome]) -> None:
        for write, _, new in outcomes:
            write.table.write(write.key, new)
        if self.changes:
            self.changes([_change(outcome) for outcome in outcomes])


def _change(outcome: Outcome) -> Change:
    write, old, new = outcome
    key = thaw_item(write.table.key_attributes(write.item))
    return Change(write.table.name, key, _copy(old), _copy(new))


def _copy(item: Attributes | None) -> Json | None:
    return None if item is None else thaw_item(item)


def _answer(**fields: Any) -> Json:
    fields["ResponseMetadata"] = {"HTTPStatusCode": 200, "RetryAttempts": 0}
    return fields


def _check_batch(count: int, wanted: Json) -> None:
    if not count or not all(body["Keys"] for body in wanted.values()):
        raise errors.invalid(
            "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1"
        )
    if count > _BATCH_MAX:
        raise errors.invalid("Too many items requested for the BatchGetItem call")


def _batch(table: Table, keys: list[Json], left: int) -> tuple[list[Json], list[Json], int]:
    """The items found, the keys for which there was no room, and the room that is left."""
    places = [table.key_of(table.key_item(given)) for given in keys]
    if len(set(places)) != len(places):
        raise errors.invalid("Provided list of item keys contains duplicates")
    found: list[Json] = []
    for number, place in enumerate(places):
        item = table.items.get(place)
        if item is None:
            continue
        left -= size_of_item(item)
        if left < 0:
            return found, [dict(given) for given in keys[number:]], 0
        found.append(thaw_item(item))
    return found, [], left
