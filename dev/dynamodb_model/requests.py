"""What requests have in common: fields, and the names and values of expressions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ParamValidationError

from dev.dynamodb_model.errors import Unmodelled, invalid
from dev.dynamodb_model.parser import Check, Names
from dev.dynamodb_model.values import Attributes, Json, freeze

NOTHING: Any = {}  # Shared, so it must not be changed.


def check_fields(what: str, request: Json, required: frozenset[str], allowed: frozenset[str]) -> None:
    fields = request.keys()
    if not fields <= allowed:
        raise Unmodelled(f"{what} with {', '.join(sorted(fields - allowed))}; it knows {', '.join(sorted(allowed))}")
    if not required <= fields:
        missing = ", ".join(sorted(required - fields))
        raise ParamValidationError(report=f"Missing required parameter in {what}: {missing}")


class Words:
    """The names and values of one request; each defined one must be used, and each used one defined."""

    __slots__ = ("names", "values")

    def __init__(self, request: Json, kinds: str, used: Iterable[Any]) -> None:
        names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
        self.names: Names = NOTHING if names is None else dict(names)
        self.values: Attributes = NOTHING if values is None else _frozen(values)
        used = [parsed for parsed in used if parsed is not None]
        if names is not None:
            _check_given("ExpressionAttributeNames", self.names, bool(used), kinds)
        if values is not None:
            _check_given("ExpressionAttributeValues", self.values, bool(used), kinds)
        if used:
            self._check(used)

    def _check(self, used: list[Any]) -> None:
        names, values = used[0].names, used[0].values
        for parsed in used[1:]:
            names, values = names | parsed.names, values | parsed.values
        if self.names.keys() != names:
            _refuse("name", "Names", "used in the document path ", names, self.names)
        if self.values.keys() != values:
            _refuse("value", "Values", "used in expression ", values, self.values)
        for parsed in used:
            _run(parsed.checks, self.values)


def _run(checks: tuple[Check, ...], values: Attributes) -> None:
    for check in checks:
        check(values)


def _frozen(values: Json) -> Attributes:
    return {name: freeze(value) for name, value in values.items()}


def _check_given(field: str, given: Json, has_expression: bool, kinds: str) -> None:
    if not has_expression:
        raise invalid(f"{field} can only be specified when using expressions: {kinds} is null")
    if not given:
        raise invalid(f"{field} must not be empty")


def _refuse(what: str, field: str, where: str, used: frozenset[str], given: Json) -> None:
    if undefined := sorted(used - given.keys()):
        raise invalid(f"An expression attribute {what} {where}is not defined; attribute {what}: {undefined[0]}")
    unused = ", ".join(sorted(given.keys() - used))
    raise invalid(f"Value provided in ExpressionAttribute{field} unused in expressions: keys: {{{unused}}}")
