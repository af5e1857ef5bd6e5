"""Ordered items, and the global indexes that follow them with a delay."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from dev.dynamodb_model.errors import invalid
from dev.dynamodb_model.values import Attributes, Frozen, Json, order_of

Key = tuple[Any, Any]  # The sort values of hash and range key; the range is "" if there is none.
Order = tuple[Any, ...]
Lag = Callable[[], float]


class Schema(NamedTuple):
    """The key attributes of a table or an index."""

    hash_name: str
    range_name: str  # Empty: none.
    types: dict[str, str]

    @classmethod
    def of(cls, request: Json, types: dict[str, str]) -> Schema:
        roles = {element["KeyType"]: element["AttributeName"] for element in request["KeySchema"]}
        hash_name, range_name = roles["HASH"], roles.get("RANGE", "")
        return cls(hash_name, range_name, {name: types[name] for name in (hash_name, range_name) if name})


class Entry(NamedTuple):
    hash: Any
    order: Order
    item: Attributes


class Ordered:
    """Entries by hash key, each partition in order."""

    def __init__(self) -> None:
        self.orders: dict[Any, list[Order]] = {}
        self.entries: dict[tuple[Any, Order], Attributes] = {}

    def add(self, entry: Entry) -> None:
        place = (entry.hash, entry.order)
        if place not in self.entries:
            insort(self.orders.setdefault(entry.hash, []), entry.order)
        self.entries[place] = entry.item

    def discard(self, entry: Entry) -> None:
        orders = self.orders[entry.hash]
        del orders[bisect_left(orders, entry.order)]
        if not orders:
            del self.orders[entry.hash]
        del self.entries[entry.hash, entry.order]


class Waiting(NamedTuple):
    at: float
    number: int
    key: Key
    entry: Entry | None

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        return self[:2] < other[:2]


class Index:
    def __init__(self, request: Json, table: Schema, types: dict[str, str], clock: Lag, lag: Lag) -> None:
        self.name: str = request["IndexName"]
        self.schema = Schema.of(request, types)
        self._table, self._clock, self._lag = table, clock, lag
        self._projected = _projected(request["Projection"], table, self.schema)
        self._shown: dict[Key, Entry] = {}
        self._last: dict[Key, Waiting] = {}  # The last change of each item that is not visible yet.
        self._waiting: list[Waiting] = []
        self._numbers = count()
        self._ordered = Ordered()

    def record(self, key: Key, item: Attributes | None) -> None:
        entry = self._entry(key, item)
        pending = self._last.get(key)
        if entry == (pending.entry if pending else self._shown.get(key)):
            return
        lag = self._lag()
        if lag <= 0 and not pending:
            self._show(key, entry)
            return
        at = self._clock() + max(lag, 0)
        waiting = Waiting(max(at, pending.at) if pending else at, next(self._numbers), key, entry)
        self._last[key] = waiting
        heapq.heappush(self._waiting, waiting)

    def now(self) -> Ordered:
        """What is visible now."""
        if self._waiting:
            self._catch_up(self._clock())
        return self._ordered

    def _catch_up(self, now: float) -> None:
        while self._waiting and self._waiting[0].at <= now:
            waiting = heapq.heappop(self._waiting)
            self._show(waiting.key, waiting.entry)
            if self._last[waiting.key] is waiting:
                del self._last[waiting.key]

    def _show(self, key: Key, entry: Entry | None) -> None:
        before = self._shown.pop(key, None)
        if before:
            self._ordered.discard(before)
        if entry:
            self._ordered.add(entry)
            self._shown[key] = entry

    def _entry(self, key: Key, item: Attributes | None) -> Entry | None:
        if item is None or not all(name in item for name in self.schema.types):
            return None
        names = self._projected
        stored = item if names is None else {name: item[name] for name in names if name in item}
        range_name = self.schema.range_name
        range_order = order_of(item[range_name]) if range_name else ""
        return Entry(order_of(item[self.schema.hash_name]), (range_order, *key), stored)

    def check(self, item: Attributes) -> None:
        """An item may lack an index's key, but must not have one of a wrong type."""
        for name, wanted in self.schema.types.items():
            value = item.get(name)
            if value is not None and (value[0] != wanted or value[1] in ("", b"")):
                raise _bad_key(name, wanted, value, self.name)


def _bad_key(name: str, wanted: str, value: Frozen, index: str) -> Exception:
    if value[0] != wanted:
        return invalid(
            "One or more parameter values were invalid: "
            f"Type mismatch for Index Key {name} Expected: {wanted} Actual: {value[0]} IndexName: {index}"
        )
    return invalid(
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
        f"The AttributeValue for a key attribute cannot contain an empty string value. "
        f"IndexName: {index}, IndexKey: {name}"
    )


def _projected(projection: Json, table: Schema, index: Schema) -> tuple[str, ...] | None:
    """None: everything."""
    if projection["ProjectionType"] == "ALL":
        return None
    return tuple({**table.types, **index.types, **dict.fromkeys(projection.get("NonKeyAttributes", ()))})
