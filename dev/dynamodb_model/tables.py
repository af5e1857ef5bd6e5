"""One table: its keys, its items, its indexes."""

from __future__ import annotations

from typing import Any

from dev.dynamodb_model.errors import Unmodelled, invalid
from dev.dynamodb_model.indexes import Entry, Index, Key, Lag, Ordered, Schema
from dev.dynamodb_model.values import (
    ITEM_BYTES_MAX,
    Attributes,
    Frozen,
    Json,
    freeze,
    order_of,
    size_of,
    size_of_item,
)

_HASH_BYTES_MAX, _RANGE_BYTES_MAX = 2048, 1024
_DECLARED = ("TableName", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
_INVALID = "One or more parameter values were invalid: "
_EMPTY_KEY = (
    "One or more parameter values are not valid. "
    "The AttributeValue for a key attribute cannot contain an empty {} value. Key: {}"
)


class Table:
    def __init__(self, request: Json, clock: Lag, lag: Lag) -> None:
        if request.get("LocalSecondaryIndexes"):
            raise Unmodelled("CreateTable: LocalSecondaryIndexes")
        types = {one["AttributeName"]: one["AttributeType"] for one in request["AttributeDefinitions"]}
        self.name: str = request["TableName"]
        self.declared: Json = {name: request[name] for name in _DECLARED if name in request}
        self.schema = Schema.of(request, types)
        given = request.get("GlobalSecondaryIndexes", ())
        self.indexes = {one["IndexName"]: Index(one, self.schema, types, clock, lag) for one in given}
        self.ttl_attribute = ""  # Only for reading: DynamoDB deletes days later or never, so no caller may rely on it.
        self.items: dict[Key, Attributes] = {}
        self.ordered = Ordered()

    def key_item(self, given: Json) -> Attributes:
        """The key of a request."""
        item = {name: freeze(value) for name, value in given.items()}
        types = self.schema.types
        if item.keys() != types.keys() or any(item[name][0] != wanted for name, wanted in types.items()):
            raise invalid("The provided key element does not match the schema")
        return item

    def key_of(self, item: Attributes) -> Key:
        schema = self.schema
        hash_order = self._order(item, schema.hash_name, _HASH_BYTES_MAX)
        if not schema.range_name:
            return hash_order, ""
        return hash_order, self._order(item, schema.range_name, _RANGE_BYTES_MAX)

    def _order(self, item: Attributes, name: str, bytes_max: int) -> Any:
        value, wanted = item.get(name), self.schema.types[name]
        if value is None:
            raise invalid(f"{_INVALID}Missing the key {name} in the item")
        if value[0] != wanted:
            raise invalid(f"{_INVALID}Type mismatch for key {name} expected: {wanted} actual: {value[0]}")
        _check_key_size(name, value, bytes_max)
        return order_of(value)

    def check(
        self, item: Attributes, too_large: str = "Item size to update has exceeded the maximum allowed size"
    ) -> None:
        for index in self.indexes.values():
            index.check(item)
        if size_of_item(item) > ITEM_BYTES_MAX:
            raise invalid(too_large)

    def write(self, key: Key, item: Attributes | None) -> None:
        if item is None:
            if self.items.pop(key, None) is not None:
                self.ordered.discard(Entry(key[0], (key[1],), {}))
        else:
            self.items[key] = item
            self.ordered.add(Entry(key[0], (key[1],), item))
        for index in self.indexes.values():
            index.record(key, item)

    def key_attributes(self, item: Attributes) -> Attributes:
        return {name: item[name] for name in self.schema.types}


def _check_key_size(name: str, value: Frozen, bytes_max: int) -> None:
    if value[0] == "N":
        return
    if not value[1]:
        raise invalid(_EMPTY_KEY.format("string" if value[0] == "S" else "binary", name))
    if len(value[1]) * 4 > bytes_max and size_of(value) > bytes_max:
        role = "hashkey" if bytes_max == _HASH_BYTES_MAX else "all range keys"
        raise invalid(f"{_INVALID}Size of {role} has exceeded the maximum size limit of {bytes_max} bytes")
