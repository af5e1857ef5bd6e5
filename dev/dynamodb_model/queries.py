"""Queries and scans, page by page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from dev.dynamodb_model.conditions import bounds, must_be
from dev.dynamodb_model.errors import invalid
from dev.dynamodb_model.indexes import Index, Order, Ordered, Schema
from dev.dynamodb_model.parser import Check, Cursor, Names
from dev.dynamodb_model.requests import Words, check_fields
from dev.dynamodb_model.tables import Table
from dev.dynamodb_model.values import Attributes, Frozen, Json, freeze_item, order_of, size_of_item, thaw_item

PAGE_BYTES_MAX = 1024 * 1024
_KIND = "KeyConditionExpression"
_QUERY_REQUIRED = frozenset(("TableName", _KIND))
_QUERY_ALLOWED = _QUERY_REQUIRED | {
    "IndexName",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ScanIndexForward",
    "Limit",
    "ExclusiveStartKey",
    "ConsistentRead",
}
_SCAN_REQUIRED = frozenset(("TableName",))
_SCAN_ALLOWED = frozenset(("TableName", "Limit", "ExclusiveStartKey", "ConsistentRead"))
_KEY_TYPES = frozenset(("S", "N", "B"))
Range = tuple[int, int]
Orders = list[Order]


class Term(NamedTuple):
    name: str  # `#alias` as written.
    operator: str
    values: tuple[str, ...]


class KeyCondition(NamedTuple):
    terms: tuple[Term, ...]
    names: frozenset[str]
    values: frozenset[str]
    checks: tuple[Check, ...]


class Source(NamedTuple):
    """A table or an index, as it is visible now."""

    table: Table
    schema: Schema
    ordered: Ordered
    is_index: bool

    def start(self, given: Json) -> tuple[Any, Order]:
        """Hash and order of an ExclusiveStartKey, whose item need not exist any more."""
        item = freeze_item(given)
        types = {**self.table.schema.types, **self.schema.types}
        if item.keys() != types.keys() or any(item[name][0] != wanted for name, wanted in types.items()):
            raise invalid("The provided starting key is invalid")
        key = self.table.key_of(item)
        if not self.is_index:
            return key[0], (key[1],)
        schema = self.schema
        range_order = order_of(item[schema.range_name]) if schema.range_name else ""
        return order_of(item[schema.hash_name]), (range_order, *key)

    def last_key(self, item: Attributes) -> Json:
        return thaw_item({name: item[name] for name in {**self.table.schema.types, **self.schema.types}})


def query(table: Table, request: Json) -> Json:
    check_fields("Query", request, _QUERY_REQUIRED, _QUERY_ALLOWED)
    source = _source(table, request)
    parsed = key_condition(request[_KIND])
    words = Words(request, _KIND, (parsed,))
    hash_value, ranged = _by_role(source.schema, parsed, words)
    hash_order = order_of(hash_value)
    orders = source.ordered.orders.get(hash_order, [])
    low, high = _narrowed(orders, ranged, words.values) if ranged else (0, len(orders))
    is_forward = request.get("ScanIndexForward", True)
    if start := request.get("ExclusiveStartKey"):
        low, high = _after(source, orders, start, hash_order, is_forward, (low, high))
    places = range(low, high) if is_forward else range(high - 1, low - 1, -1)
    return _page(source, ((hash_order, orders[place]) for place in places), request)


def scan(table: Table, request: Json) -> Json:
    check_fields("Scan", request, _SCAN_REQUIRED, _SCAN_ALLOWED)
    source = Source(table, table.schema, table.ordered, is_index=False)
    places = [(one, order) for one in sorted(table.ordered.orders) for order in table.ordered.orders[one]]
    if start := request.get("ExclusiveStartKey"):
        places = places[bisect_right(places, source.start(start)) :]
    return _page(source, places, request)


def _source(table: Table, request: Json) -> Source:
    name = request.get("IndexName")
    if name is None:
        return Source(table, table.schema, table.ordered, is_index=False)
    index: Index | None = table.indexes.get(name)
    if index is None:
        raise invalid(f"The table does not have the specified index: {name}")
    if request.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    return Source(table, index.schema, index.now(), is_index=True)


def _page(source: Source, places: Iterable[tuple[Any, Order]], request: Json) -> Json:
    limit, size = request.get("Limit"), 0
    if limit is not None and limit < 1:
        raise invalid(f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint")
    items: list[Json] = []
    answer: Json = {"Items": items}
    for place in places:
        item = source.ordered.entries[place]
        items.append(thaw_item(item))
        size += size_of_item(item)
        if len(items) == limit or size > PAGE_BYTES_MAX:  # Also if nothing follows: DynamoDB does not look ahead.
            answer["LastEvaluatedKey"] = source.last_key(item)
            break
    count = len(items)
    return answer | {"Count": count, "ScannedCount": count, "ResponseMetadata": {"HTTPStatusCode": 200}}


def _after(source: Source, orders: Orders, start: Json, hash_order: Any, is_forward: bool, found: Range) -> Range:
    start_hash, order = source.start(start)
    if start_hash != hash_order:
        raise invalid("The provided starting key is outside query boundaries based on provided conditions")
    if is_forward:
        return max(found[0], bisect_right(orders, order)), found[1]
    return found[0], min(found[1], bisect_left(orders, order))


@lru_cache(512)
def key_condition(text: str) -> KeyCondition:
    cursor = Cursor(_KIND, text)
    terms = _terms(cursor)
    cursor.end()
    return KeyCondition(tuple(terms), frozenset(cursor.names), frozenset(cursor.values), tuple(cursor.checks))


def _terms(cursor: Cursor) -> list[Term]:
    terms = _group(cursor)
    while cursor.accept("AND"):
        terms += _group(cursor)
    if cursor.peek().upper() in ("OR", "NOT"):
        cursor.complain(f"Invalid operator used in {_KIND}: {cursor.peek().upper()}")
    return terms


def _group(cursor: Cursor) -> list[Term]:
    if not cursor.accept("("):
        return [_term(cursor)]
    terms = _terms(cursor)
    cursor.expect(")")
    return terms


def _term(cursor: Cursor) -> Term:
    if cursor.peek() == "begins_with" and cursor.peek(1) == "(":
        return _begins_with(cursor)
    name = _name(cursor)
    operator = cursor.accept("=", "<", "<=", ">", ">=", "BETWEEN")
    if not operator:
        cursor.complain(f"Invalid operator used in {_KIND}: {cursor.peek()}")
    values = [cursor.value()]
    if operator == "BETWEEN":
        cursor.expect("AND")
        values.append(cursor.value())
        cursor.checks.append(bounds(_KIND, *values))
    cursor.checks += [must_be(_KIND, operator, value, _KEY_TYPES) for value in values]
    return Term(name, operator, tuple(values))


def _begins_with(cursor: Cursor) -> Term:
    cursor.take()
    cursor.expect("(")
    name = _name(cursor)
    cursor.expect(",")
    value = cursor.value()
    cursor.expect(")")
    cursor.checks.append(must_be(_KIND, "begins_with", value, frozenset(("S", "B"))))
    return Term(name, "begins_with", (value,))


def _name(cursor: Cursor) -> str:
    path = cursor.path()
    if len(path) != 1:
        cursor.complain("Nested attributes are not allowed in key conditions")
    return str(path[0])


def _by_role(schema: Schema, parsed: KeyCondition, words: Words) -> tuple[Frozen, Term | None]:
    terms = {_resolved(term.name, words.names): term for term in parsed.terms}
    if len(terms) != len(parsed.terms):
        raise invalid(f"{_KIND}s must only contain one condition per key")
    hashed = terms.pop(schema.hash_name, None)
    if hashed is None:
        raise invalid(f"Query condition missed key schema element: {schema.hash_name}")
    ranged = terms.pop(schema.range_name, None)
    if terms:
        raise invalid(f"Query condition missed key schema element: {schema.range_name or next(iter(terms))}")
    if hashed.operator != "=":
        raise invalid("Query key condition not supported")
    _check_types(schema, hashed, ranged, words.values)
    return words.values[hashed.values[0]], ranged


def _check_types(schema: Schema, hashed: Term, ranged: Term | None, values: Attributes) -> None:
    pairs = [(schema.hash_name, hashed)] + ([(schema.range_name, ranged)] if ranged else [])
    for name, term in pairs:
        for value in (values[one] for one in term.values):
            if value[0] != schema.types[name]:
                raise invalid(
                    "One or more parameter values were invalid: Condition parameter type does not match schema type"
                )
            if value[1] in ("", b"") and term.operator != "begins_with":
                raise invalid(
                    "One or more parameter values are not valid. "
                    f"The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
                )


def _resolved(name: str, names: Names) -> str:
    return names[name] if name.startswith("#") else name


def _narrowed(orders: Orders, term: Term, values: Attributes) -> Range:
    wanted = [order_of(values[value]) for value in term.values]
    return _RANGES[term.operator](orders, wanted)


def _from(orders: Orders, wanted: Any) -> int:
    return bisect_left(orders, wanted, key=lambda order: order[0])


def _past(orders: Orders, wanted: Any) -> int:
    return bisect_right(orders, wanted, key=lambda order: order[0])


def _prefixed(orders: Orders, wanted: list[Any]) -> Range:
    start = _from(orders, wanted[0])
    return start, bisect_left(orders, True, lo=start, key=lambda order: not order[0].startswith(wanted[0]))


_RANGES: dict[str, Callable[[Orders, list[Any]], Range]] = {
    "=": lambda orders, wanted: (_from(orders, wanted[0]), _past(orders, wanted[0])),
    "<": lambda orders, wanted: (0, _from(orders, wanted[0])),
    "<=": lambda orders, wanted: (0, _past(orders, wanted[0])),
    ">": lambda orders, wanted: (_past(orders, wanted[0]), len(orders)),
    ">=": lambda orders, wanted: (_from(orders, wanted[0]), len(orders)),
    "BETWEEN": lambda orders, wanted: (_from(orders, wanted[0]), _past(orders, wanted[1])),
    "begins_with": _prefixed,
}
