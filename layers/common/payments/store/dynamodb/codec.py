"""Records to DynamoDB attribute values and back, by their type hints."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from payments.domain.values.clock import from_text, to_text
from payments.store.contract.errors import Unreadable

Item = dict[str, Any]
T = TypeVar("T")


def encode(value: object) -> dict[str, Any]:
    """A value as an attribute value. Enums and times become strings."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Enum):
        return {"S": str(value.value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, datetime):
        return {"S": to_text(value)}
    if isinstance(value, tuple | list):
        return {"L": [encode(element) for element in value]}
    return {"M": encode_item(value)}


def encode_item(value: object) -> Item:
    """A record or mapping as attributes, without None and without fields that have an empty default and are empty.

    A payment has about forty such fields (0, "", False, no elements). Without them its item is half as large.
    """
    if isinstance(value, Mapping):
        return {name: encode(element) for name, element in value.items() if element is not None}
    filled = ((name, getattr(value, name), may_miss) for name, may_miss in _fields(typing.cast(Any, type(value))))
    return {name: encode(one) for name, one, may_miss in filled if one or not (one is None or may_miss)}


@cache
def _fields(cls: Any) -> list[tuple[str, bool]]:
    """The name of each field, and whether its default is empty (0, "", False, no elements). None is not empty."""
    defaults = ((field.name, _default_of(field)) for field in dataclasses.fields(cls))
    return [(name, default is not None and not default) for name, default in defaults]


def _default_of(field: dataclasses.Field[Any]) -> object:
    """The field's default; None if it has none."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def decode(cls: type[T], item: Item) -> T:
    """The record that `encode_item` has encoded. Unknown attributes are ignored.

    Raises:
        Unreadable: the item is not of this class.
    """
    hints = _hints(typing.cast(Any, cls))
    try:
        return cls(**{name: _decode_value(hint, item[name]) for name, hint in hints.items() if name in item})
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"{cls.__name__}: {type(error).__name__}") from error


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return {name: _plain(hint) for name, hint in typing.get_type_hints(cls).items()}


def _plain(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return next(option for option in typing.get_args(hint) if option is not type(None))
    return hint


def _decode_value(hint: Any, value: dict[str, Any]) -> Any:
    tag, raw = next(iter(value.items()))
    if tag == "N":
        return int(raw)
    if tag == "BOOL":
        return raw
    if tag == "L":
        return tuple(_decode_value(typing.get_args(hint)[0], element) for element in raw)
    if tag == "M":
        if dataclasses.is_dataclass(hint):
            return decode(typing.cast(type, hint), raw)
        return {name: element["S"] for name, element in raw.items()}
    if tag != "S" or not isinstance(hint, type):
        raise TypeError(tag)
    return from_text(raw) if hint is datetime else hint(raw)
