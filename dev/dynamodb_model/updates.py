"""Update expressions, parsed once; applied to an item they return a new one and leave the old one unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any, NamedTuple

from dev.dynamodb_model.conditions import must_be
from dev.dynamodb_model.errors import invalid
from dev.dynamodb_model.parser import Check, Cursor, Getter, Names, Path, getter, resolved, shown, value_getter, walked
from dev.dynamodb_model.values import Attributes, Frozen, added, number

_KIND = "UpdateExpression"
_SETS: dict[str, Callable[[Any], Any]] = {"SS": str, "NS": number, "BS": bytes}
_BAD_TYPE = "An operand in the update expression has an incorrect data type"
_BAD_PATH = "The document path provided in the update expression is invalid for update"
_NO_SOURCE = "The provided expression refers to an attribute that does not exist in the item"


class Step(NamedTuple):
    verb: str
    path: Path
    make: Getter | None  # The value to set, add or delete; None removes.


class Update(NamedTuple):
    steps: tuple[Step, ...]
    names: frozenset[str]
    values: frozenset[str]
    checks: tuple[Check, ...]


@lru_cache(2048)
def update(text: str) -> Update:
    cursor = Cursor(_KIND, text)
    steps: list[Step] = []
    seen: set[str] = set()
    while verb := cursor.accept("SET", "REMOVE", "ADD", "DELETE"):
        if verb in seen:
            cursor.complain(f'The "{verb}" section can only be used once in an update expression;')
        seen.add(verb)
        steps.append(_STEPS[verb](cursor))
        while cursor.accept(","):
            steps.append(_STEPS[verb](cursor))
    cursor.end()
    return Update(tuple(steps), frozenset(cursor.names), frozenset(cursor.values), tuple(cursor.checks))


def targets(parsed: Update, names: Names) -> tuple[Path, ...]:
    """The paths that the expression writes. Refuses paths that overlap."""
    paths = tuple(resolved(step.path, names) for step in parsed.steps)
    for place, path in enumerate(paths):
        for other in paths[:place]:
            _refuse_overlap(other, path)
    return paths


def _refuse_overlap(one: Path, other: Path) -> None:
    shared = min(len(one), len(other))
    if one[:shared] == other[:shared]:
        raise invalid(
            f"Invalid {_KIND}: Two document paths overlap with each other; must remove or rewrite one of these paths; "
            f"path one: {shown(one)}, path two: {shown(other)}"
        )


def apply(parsed: Update, paths: Iterable[Path], old: Attributes, names: Names, values: Attributes) -> Attributes:
    item = dict(old)
    removed: list[Path] = []
    for step, path in zip(parsed.steps, paths, strict=True):
        if step.make is None:
            removed.append(path)
            continue
        value = _value(step, path, old, step.make(old, names, values))
        if value is None:
            removed.append(path)
        else:
            item = _put(("M", item), path, value)[1]
    for path in sorted(removed, key=_last_first):  # In this order no removal changes the position of another one.
        item = _without(("M", item), path)[1]
    return item


def _last_first(path: Path) -> tuple[int, ...]:
    return tuple(-part for part in path if isinstance(part, int))


def _value(step: Step, path: Path, old: Attributes, operand: Frozen | None) -> Frozen | None:
    """None: the attribute is removed."""
    if operand is None:
        raise invalid(_NO_SOURCE)
    if step.verb == "SET":
        return operand
    present = walked(old, path)
    return _grown(present, operand) if step.verb == "ADD" else _shrunk(present, operand)


def _grown(present: Frozen | None, more: Frozen) -> Frozen:
    if present is None:
        return more
    if present[0] != more[0]:
        raise invalid(_BAD_TYPE)
    if more[0] == "N":
        return ("N", added(present[1], more[1]))
    return (more[0], tuple(sorted({*present[1], *more[1]}, key=_SETS[more[0]])))


def _shrunk(present: Frozen | None, fewer: Frozen) -> Frozen | None:
    if present is None:
        return None
    if present[0] != fewer[0]:
        raise invalid(_BAD_TYPE)
    left = tuple(one for one in present[1] if one not in fewer[1])
    return (fewer[0], left) if left else None


def _put(whole: Frozen, path: Path, value: Frozen) -> Frozen:
    if not path:
        return value
    (tag, raw), part, rest = whole, path[0], path[1:]
    child = walked({"": whole}, ("", part))
    if (tag != "L" if isinstance(part, int) else tag != "M") or (rest and child is None):
        raise invalid(_BAD_PATH)
    new = _put(child, rest, value) if rest and child else value
    if not isinstance(part, int):
        return ("M", {**raw, part: new})
    return ("L", (*raw[:part], new, *raw[part + 1 :]))


def _without(whole: Frozen, path: Path) -> Frozen:
    (tag, raw), part, rest = whole, path[0], path[1:]
    child = walked({"": whole}, ("", part))
    if (tag != "L" if isinstance(part, int) else tag != "M") or (rest and child is None):
        raise invalid(_BAD_PATH)
    if child is None:
        return whole
    stored = _without(child, rest) if rest else None
    if not isinstance(part, int):
        left = {name: value for name, value in raw.items() if name != part}
        return ("M", {**raw, part: stored} if stored else left)
    return ("L", (*raw[:part], *((stored,) if stored else ()), *raw[part + 1 :]))


def _set(cursor: Cursor) -> Step:
    path = cursor.path()
    cursor.expect("=")
    make = _operand(cursor)
    if sign := cursor.accept("+", "-"):
        make = _sum(make, _operand(cursor, sign), 1 if sign == "+" else -1)
    return Step("SET", path, make)


def _operand(cursor: Cursor, sign: str = "") -> Getter:
    token = cursor.peek()
    if token.startswith(":"):
        name = cursor.value()
        if sign or cursor.peek() in ("+", "-"):
            cursor.checks.append(must_be(_KIND, sign or cursor.peek(), name, frozenset("N")))
        return value_getter(name)
    if cursor.peek(1) == "(":
        return _function(cursor)
    return getter(cursor.path())


def _sum(left: Getter, right: Getter, sign: int) -> Getter:
    def total(item: Attributes, names: Names, values: Attributes) -> Frozen:
        one, other = left(item, names, values), right(item, names, values)
        if one is None or other is None:
            raise invalid(_NO_SOURCE)
        if one[0] != "N" or other[0] != "N":
            raise invalid(_BAD_TYPE)
        return ("N", added(one[1], other[1], sign))

    return total


def _function(cursor: Cursor) -> Getter:
    name = cursor.take()
    if name not in ("if_not_exists", "list_append"):
        cursor.complain(f"Invalid function name; function: {name}")
    cursor.expect("(")
    left: Getter = getter(cursor.path()) if name == "if_not_exists" else _operand(cursor)
    cursor.expect(",")
    right = _operand(cursor)
    cursor.expect(")")
    return (_fallback if name == "if_not_exists" else _appended)(left, right)


def _fallback(left: Getter, right: Getter) -> Getter:
    def fallback(item: Attributes, names: Names, values: Attributes) -> Frozen | None:
        found = left(item, names, values)
        return right(item, names, values) if found is None else found

    return fallback


def _appended(left: Getter, right: Getter) -> Getter:
    def appended(item: Attributes, names: Names, values: Attributes) -> Frozen:
        one, other = left(item, names, values), right(item, names, values)
        if one is None or other is None:
            raise invalid(_NO_SOURCE)
        if one[0] != "L" or other[0] != "L":
            raise invalid(_BAD_TYPE)
        return ("L", one[1] + other[1])

    return appended


def _remove(cursor: Cursor) -> Step:
    return Step("REMOVE", cursor.path(), None)


def _with_value(cursor: Cursor, verb: str, allowed: frozenset[str]) -> Step:
    path, name = cursor.path(), cursor.value()
    cursor.checks.append(must_be(_KIND, verb, name, allowed))
    return Step(verb, path, value_getter(name))


_STEPS: dict[str, Callable[[Cursor], Step]] = {
    "SET": _set,
    "REMOVE": _remove,
    "ADD": partial(_with_value, verb="ADD", allowed=frozenset(("N", *_SETS))),
    "DELETE": partial(_with_value, verb="DELETE", allowed=frozenset(_SETS)),
}
