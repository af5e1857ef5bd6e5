"""The features of DynamoDB that a request uses: operation, fields, keywords of its expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.dev.dynamodb_model.tables import Json

_FUNCTION = re.compile(r"[a-z_]+(?=\()")
_MARK = re.compile(r"\b(?:AND|OR|NOT|BETWEEN|IN|SET|REMOVE|ADD|DELETE)\b|<>|<=|>=|[-=<>+#.\[(]", re.IGNORECASE)
_ENUMS = ("ReturnValues", "ReturnValuesOnConditionCheckFailure", "ScanIndexForward")
_TAGS = {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"}


def features(method: str, request: Json) -> set[str]:
    return {f"{method}: {feature}" for part, wanted in _parts(request) for feature in _of(part, wanted)}


def _parts(request: Json) -> Iterator[tuple[str, Json]]:
    yield "", {name: value for name, value in request.items() if name not in ("TransactItems", "RequestItems")}
    yield from (("", wanted) for wanted in request.get("RequestItems", {}).values())
    yield from ((f"{verb} ", wanted) for action in request.get("TransactItems", ()) for verb, wanted in action.items())


def _of(part: str, wanted: Json) -> Iterator[str]:
    for field, value in wanted.items():
        yield part + field
        if field in _ENUMS:
            yield f"{part}{field} {value}"
        if field.endswith("Expression"):
            yield from (f"{part}{field} {code}" for code in _words(value))
        else:
            yield from (f"{part}{field} of {tag}" for tag in _tags(value))


def _words(expression: str) -> set[str]:
    return {*_FUNCTION.findall(expression), *(mark.upper() for mark in _MARK.findall(expression))}


def _tags(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _tags(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in _TAGS:
                yield name
            yield from _tags(one)
