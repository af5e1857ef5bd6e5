"""The earliest row of every index named `due`."""

import datetime
from collections.abc import Iterable

from dev.local.blueprint import TableSpec
from dev.local.dynamodb import Wire

_INDEX = "due"


class DueRows:
    def __init__(self, wire: Wire, tables: Iterable[TableSpec]) -> None:
        self._wire = wire
        self._attributes = {table.name: name for table in tables if (name := _time_attribute(table))}

    def earliest(self) -> float | None:
        """Epoch seconds; None if nothing is due."""
        rows = [(row, name) for table, name in self._attributes.items() for row in self._wire.firsts(table, _INDEX)]
        return min((_seconds(row[name]["S"]) for row, name in rows), default=None)


def _time_attribute(table: TableSpec) -> str:
    """The range key of its due index, an ISO 8601 text; "" if there is no such index."""
    indexes = {index["IndexName"]: index for index in table.request.get("GlobalSecondaryIndexes", ())}
    roles = {key["KeyType"]: key["AttributeName"] for key in indexes.get(_INDEX, {}).get("KeySchema", ())}
    return str(roles.get("RANGE", ""))


def _seconds(text: str) -> float:
    return datetime.datetime.fromisoformat(text).timestamp()
