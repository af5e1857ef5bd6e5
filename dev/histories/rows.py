"""Items as the checkers read them. The store leaves out empty values, so a missing attribute means empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]


class Row(Item):
    """A missing attribute reads as 0, "", false or no elements; `in` and `get` show that it is missing."""

    def __missing__(self, name: str) -> Item:
        return _EMPTY


_EMPTY: Item = {"N": "0", "S": "", "BOOL": False, "L": [], "M": Row()}


def row_of(item: Mapping[str, Any]) -> Row:
    return Row((name, _value(value)) for name, value in item.items())


def _value(value: Item) -> Item:
    if "M" in value:
        return {"M": row_of(value["M"])}
    return {"L": [_value(element) for element in value["L"]]} if "L" in value else value
