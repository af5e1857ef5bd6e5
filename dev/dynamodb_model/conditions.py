"""Condition expressions, parsed once into a closure."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from dev.dynamodb_model.errors import invalid
from dev.dynamodb_model.parser import Check, Cursor, Getter, Names, getter, value_getter
from dev.dynamodb_model.values import Attributes, Frozen, order_of

Predicate = Callable[[Attributes, Names, Attributes], bool]

_ORDERED = frozenset(("S", "N", "B"))
_SIZED = frozenset(("S", "B", "SS", "NS", "BS", "L", "M"))
_TYPES = _SIZED | {"N", "BOOL", "NULL"}
_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_IN_MAX = 100


class Condition(NamedTuple):
    holds: Predicate
    names: frozenset[str]
    values: frozenset[str]
    checks: tuple[Check, ...]  # Checks of the values alone, independent of the item.


class _Operand(NamedTuple):
    get: Getter
    value: str  # The `:name`, or "".
    text: str


@lru_cache(2048)
def condition(text: str, kind: str = "ConditionExpression") -> Condition:
    cursor = Cursor(kind, text)
    holds = _any(cursor)
    cursor.end()
    return Condition(holds, frozenset(cursor.names), frozenset(cursor.values), tuple(cursor.checks))


def _any(cursor: Cursor) -> Predicate:
    left = _all(cursor)
    while cursor.accept("OR"):
        left = _either(left, _all(cursor))
    return left


def _either(one: Predicate, other: Predicate) -> Predicate:
    return lambda item, names, values: one(item, names, values) or other(item, names, values)


def _all(cursor: Cursor) -> Predicate:
    left = _negated(cursor)
    while cursor.accept("AND"):
        left = _both(left, _negated(cursor))
    return left


def _both(one: Predicate, other: Predicate) -> Predicate:
    return lambda item, names, values: one(item, names, values) and other(item, names, values)


def _negated(cursor: Cursor) -> Predicate:
    if cursor.accept("NOT"):
        inner = _negated(cursor)
        return lambda item, names, values: not inner(item, names, values)
    if cursor.peek() == "(":
        return _grouped(cursor)
    if cursor.peek(1) == "(" and cursor.peek() != "size":
        return _function(cursor)
    return _comparison(cursor)


def _grouped(cursor: Cursor) -> Predicate:
    cursor.expect("(")
    inner_at = cursor.at
    inner = _any(cursor)
    if cursor.is_one_group(inner_at):
        cursor.complain("The expression has redundant parentheses;")
    cursor.expect(")")
    return inner


def _comparison(cursor: Cursor) -> Predicate:
    left = _operand(cursor)
    code = cursor.accept("BETWEEN", "IN", "=", "<>", *_ORDERS)
    if code == "BETWEEN":
        low = _operand(cursor)
        cursor.expect("AND")
        return _between(cursor, left, low, _operand(cursor))
    if code == "IN":
        return _among(left, _operands(cursor))
    if not code:
        cursor.refuse()
    return _compared(cursor, code, left, _operand(cursor))


def _operand(cursor: Cursor) -> _Operand:
    token = cursor.peek()
    if token.startswith(":"):
        name = cursor.value()
        return _Operand(value_getter(name), name, name)
    if token == "size" and cursor.peek(1) == "(":
        cursor.take()
        cursor.expect("(")
        path = cursor.path()
        cursor.expect(")")
        return _Operand(_size(getter(path)), "", f"size {path}")
    path = cursor.path()
    return _Operand(getter(path), "", str(path))


def _operands(cursor: Cursor) -> list[_Operand]:
    cursor.expect("(")
    operands = [_operand(cursor)]
    while cursor.accept(","):
        operands.append(_operand(cursor))
    cursor.expect(")")
    if len(operands) > _IN_MAX:
        cursor.complain(f"The IN operator is provided with too many operands; number of operands: {len(operands)}")
    return operands


def _size(get: Getter) -> Getter:
    def size(item: Attributes, names: Names, values: Attributes) -> Frozen | None:
        found = get(item, names, values)
        return ("N", str(len(found[1]))) if found and found[0] in _SIZED else None

    return size


def _compared(cursor: Cursor, code: str, left: _Operand, right: _Operand) -> Predicate:
    if left.text == right.text:
        cursor.complain(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {code}, first operand: {left.text}"
        )
    if code == "=":
        return _equal(left.get, right.get)
    if code == "<>":
        equal = _equal(left.get, right.get)
        # An absent attribute differs from every value.
        return lambda item, names, values: not equal(item, names, values)
    cursor.checks += [must_be(cursor.kind, code, side.value, _ORDERED) for side in (left, right) if side.value]
    return _in_order(_ORDERS[code], left.get, right.get)


def _equal(left: Getter, right: Getter) -> Predicate:
    def equal(item: Attributes, names: Names, values: Attributes) -> bool:
        found = left(item, names, values)
        return found is not None and found == right(item, names, values)

    return equal


def _in_order(compare: Callable[[Any, Any], bool], left: Getter, right: Getter) -> Predicate:
    def in_order(item: Attributes, names: Names, values: Attributes) -> bool:
        one, other = left(item, names, values), right(item, names, values)
        if one is None or other is None or one[0] != other[0] or one[0] not in _ORDERED:
            return False
        return compare(order_of(one), order_of(other))

    return in_order


def _between(cursor: Cursor, operand: _Operand, low: _Operand, high: _Operand) -> Predicate:
    sides = (operand, low, high)
    cursor.checks += [must_be(cursor.kind, "BETWEEN", side.value, _ORDERED) for side in sides if side.value]
    if low.value and high.value:
        cursor.checks.append(bounds(cursor.kind, low.value, high.value))
    above = _in_order(operator.ge, operand.get, low.get)
    return _both(above, _in_order(operator.le, operand.get, high.get))


def _among(operand: _Operand, others: list[_Operand]) -> Predicate:
    tests = [_equal(operand.get, other.get) for other in others]
    return lambda item, names, values: any(test(item, names, values) for test in tests)


def _function(cursor: Cursor) -> Predicate:
    name = cursor.take()
    cursor.expect("(")
    if name not in _FUNCTIONS:
        cursor.complain(f"Invalid function name; function: {name}")
    made = _FUNCTIONS[name](cursor)
    cursor.expect(")")
    return made


def _exists(cursor: Cursor) -> Predicate:
    get = getter(cursor.path())
    return lambda item, names, values: get(item, names, values) is not None


def _not_exists(cursor: Cursor) -> Predicate:
    get = getter(cursor.path())
    return lambda item, names, values: get(item, names, values) is None


def _pair(cursor: Cursor, function: str, allowed: frozenset[str]) -> tuple[Getter, Getter]:
    left = _operand(cursor)
    cursor.expect(",")
    right = _operand(cursor)
    if right.value:
        cursor.checks.append(must_be(cursor.kind, function, right.value, allowed))
    return left.get, right.get


def _begins_with(cursor: Cursor) -> Predicate:
    left, right = _pair(cursor, "begins_with", frozenset(("S", "B")))

    def begins(item: Attributes, names: Names, values: Attributes) -> bool:
        text, prefix = left(item, names, values), right(item, names, values)
        if text is None or prefix is None or text[0] != prefix[0] or text[0] not in ("S", "B"):
            return False
        return bool(text[1].startswith(prefix[1]))

    return begins


def _contains(cursor: Cursor) -> Predicate:
    left, right = _pair(cursor, "contains", _TYPES)

    def contains(item: Attributes, names: Names, values: Attributes) -> bool:
        whole, part = left(item, names, values), right(item, names, values)
        return whole is not None and part is not None and _holds(whole, part)

    return contains


def _holds(whole: Frozen, part: Frozen) -> bool:
    if whole[0] == "L":
        return part in whole[1]
    if whole[0] in ("S", "B"):
        return whole[0] == part[0] and part[1] in whole[1]
    return whole[0] == f"{part[0]}S" and part[1] in whole[1]


def _has_type(cursor: Cursor) -> Predicate:
    left, right = _pair(cursor, "attribute_type", frozenset("S"))

    def has_type(item: Attributes, names: Names, values: Attributes) -> bool:
        found, tag = left(item, names, values), right(item, names, values)
        return found is not None and tag is not None and found[0] == tag[1]

    return has_type


_FUNCTIONS: dict[str, Callable[[Cursor], Predicate]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _has_type,
    "begins_with": _begins_with,
    "contains": _contains,
}


def must_be(kind: str, code: str, name: str, allowed: frozenset[str]) -> Check:
    def check(values: Attributes) -> None:
        if values[name][0] not in allowed:
            raise invalid(
                f"Invalid {kind}: Incorrect operand type for operator or function; "
                f"operator or function: {code}, operand type: {values[name][0]}"
            )

    return check


def bounds(kind: str, low: str, high: str) -> Check:
    def check(values: Attributes) -> None:
        if values[low][0] != values[high][0]:
            raise invalid(
                f"Invalid {kind}: The BETWEEN operator requires same data type for lower and upper bounds; "
                f"lower bound operand: {low}, upper bound operand: {high}"
            )
        if order_of(values[low]) > order_of(values[high]):
            raise invalid(
                f"Invalid {kind}: The BETWEEN operator requires upper bound to be greater than or equal to lower "
                f"bound; lower bound operand: {low}, upper bound operand: {high}"
            )

    return check
