"""Attribute values. Inside, each is an immutable `(type, value)`; outside, DynamoDB's JSON.

Callers get copies. Stored values may be shared, because they are never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import Any, NoReturn

from botocore.exceptions import ParamValidationError

from dev.dynamodb_model.errors import invalid

Frozen = tuple[str, Any]
Attributes = dict[str, Frozen]  # Never changed once made.
Json = dict[str, Any]

ITEM_BYTES_MAX = 400 * 1024
_DEPTH_MAX = 32
_SCALARS = frozenset(("S", "N", "B", "BOOL", "NULL"))
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_EXACT = Context(prec=38, Emin=-999, Emax=999, traps=[Inexact, InvalidOperation, Overflow])
_LARGEST, _SMALLEST = Decimal("1E126"), Decimal("1E-130")


def freeze(value: Json, depth: int = 1) -> Frozen:
    if len(value) != 1:
        _refuse_tags(value)
    for tag, raw in value.items():
        if tag == "S" and isinstance(raw, str):
            return ("S", raw)
        freezer = _FREEZERS.get(tag)
        if freezer is None or depth > _DEPTH_MAX:
            _refuse(tag, depth)
        return (tag, freezer(raw, depth))
    raise AssertionError


def freeze_item(item: Json) -> Attributes:
    if "" in item:
        raise invalid("One or more parameter values were invalid: Attribute name must not be empty")
    return {name: freeze(value) for name, value in item.items()}


def thaw(value: Frozen) -> Json:
    tag, raw = value
    if tag in _SCALARS:
        return {tag: raw}
    if tag == "M":
        return {tag: thaw_item(raw)}
    return {tag: [thaw(element) for element in raw] if tag == "L" else list(raw)}


def thaw_item(item: Attributes) -> Json:
    return {
        # Most values are scalars: no call for them.
        name: {value[0]: value[1]} if value[0] in _SCALARS else thaw(value)
        for name, value in item.items()
    }


def _refuse_tags(value: Json) -> NoReturn:
    if not value:
        raise invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    raise invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    )


def _refuse(tag: str, depth: int) -> NoReturn:
    if depth > _DEPTH_MAX:
        raise invalid("Nesting Levels have exceeded supported limits")
    raise ParamValidationError(report=f"Unknown parameter in attribute value: {tag!r}")


def _of_type(raw: Any, *types: type) -> Any:
    if not isinstance(raw, types):
        raise ParamValidationError(report=f"Invalid type for an attribute value: {type(raw).__name__}")
    return raw


def _binary(raw: Any) -> bytes:
    return bytes(_of_type(raw, bytes, bytearray))


def _null(raw: Any) -> bool:
    if raw is not True:
        raise invalid(
            "One or more parameter values were invalid: Null attribute value types must have the value of true"
        )
    return True


def _list(raw: Any, depth: int) -> tuple[Frozen, ...]:
    return tuple(freeze(element, depth + 1) for element in _of_type(raw, list, tuple))


def _map(raw: Any, depth: int) -> Attributes:
    return {name: freeze(element, depth + 1) for name, element in _of_type(raw, dict).items()}


def _set_of(kind: str, element: Callable[[Any], Any], order: Callable[[Any], Any]) -> Callable[[Any, int], Any]:
    def freezer(raw: Any, _: int) -> tuple[Any, ...]:
        elements = [element(one) for one in _of_type(raw, list, tuple, set, frozenset)]
        if not elements:
            raise invalid(f"One or more parameter values were invalid: An {kind} set  may not be empty")
        if len(set(elements)) != len(elements):
            raise invalid(
                f"One or more parameter values were invalid: Input collection {elements} contains duplicates."
            )
        return tuple(sorted(elements, key=order))

    return freezer


@lru_cache(8192)
def canonical(text: str) -> str:
    """A number in DynamoDB's form: no plus sign, no exponent, no superfluous zeros."""
    if not isinstance(text, str):
        raise ParamValidationError(report=f"Invalid type for a number: {type(text).__name__}")
    if not _NUMBER.fullmatch(text):
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}")
    try:
        return to_text(_EXACT.create_decimal(text))
    except (Inexact, Overflow):
        raise invalid("Attempting to store more than 38 significant digits in a Number") from None


def to_text(number: Decimal) -> str:
    size = abs(number)
    if size >= _LARGEST:
        raise invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if size and size < _SMALLEST:
        raise invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    return format(_EXACT.normalize(number), "f") if size else "0"


number = lru_cache(8192)(Decimal)


def added(one: str, other: str, sign: int = 1) -> str:
    try:
        return to_text((_EXACT.add if sign > 0 else _EXACT.subtract)(number(one), number(other)))
    except (Inexact, Overflow):
        raise invalid("Attempting to store more than 38 significant digits in a Number") from None


def order_of(value: Frozen) -> Any:
    """A key that sorts like the value. Code points sort as their UTF-8 bytes do."""
    return number(value[1]) if value[0] == "N" else value[1]


def size_of_item(item: Attributes) -> int:
    size = 0
    for name, (tag, raw) in item.items():  # One loop: this runs for every write.
        size += len(name) if name.isascii() else _length(name)
        size += len(raw) if tag == "S" and raw.isascii() else size_of((tag, raw))
    return size


def size_of(value: Frozen) -> int:
    tag, raw = value
    if tag == "S":
        return _length(raw)
    return _SIZES[tag](raw)


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _digits(text: str) -> int:
    return (len(text.strip("-0.")) + 1) // 2 + 1 + text.startswith("-")


def _sum_of(size: Callable[[Any], int]) -> Callable[[Any], int]:
    return lambda raw: sum(map(size, raw))


_FREEZERS: dict[str, Callable[[Any, int], Any]] = {
    "S": lambda raw, _: _of_type(raw, str),
    "N": lambda raw, _: canonical(raw),
    "B": lambda raw, _: _binary(raw),
    "BOOL": lambda raw, _: _of_type(raw, bool),
    "NULL": lambda raw, _: _null(raw),
    "L": _list,
    "M": _map,
    "SS": _set_of("string", lambda one: _of_type(one, str), str),
    "NS": _set_of("number", canonical, number),
    "BS": _set_of("binary", _binary, bytes),
}
_SIZES: dict[str, Callable[[Any], int]] = {
    "N": _digits,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "L": lambda raw: 3 + len(raw) + sum(map(size_of, raw)),
    "M": lambda raw: 3 + len(raw) + size_of_item(raw),
    "SS": _sum_of(_length),
    "NS": _sum_of(_digits),
    "BS": _sum_of(len),
}
