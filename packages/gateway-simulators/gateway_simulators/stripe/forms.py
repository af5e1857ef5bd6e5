"""Stripe's form encoding, and a tree of the fields that a call accepts; any other field is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway_simulators.stripe.errors import invalid_integer, malformed, missing_parameter, unknown_parameter

Given = dict[str, Any]
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `inner` describes the entries of a `list` or `dict`, or the pattern of a `text`."""

    kind: Literal["int", "text", "bool", "enum", "map", "list", "dict", "range", "bool_or_text"]
    inner: Any = None
    longest: int = 5000
    is_required: bool = False


INT, TEXT, BOOL, MAP = Field("int"), Field("text"), Field("bool"), Field("map")
CREATED = Field("range")
METADATA_KEYS_MAX, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


def enum(*words: str) -> Field:
    return Field("enum", words)


def many(inner: Field) -> Field:
    return Field("list", inner)


def group(**fields: Field) -> Field:
    return Field("dict", fields)


def text(longest: int, form: str = "") -> Field:
    return Field("text", form, longest=longest)


def needed(field: Field) -> Field:
    return Field(field.kind, field.inner, field.longest, is_required=True)


def nested(pairs: Iterable[tuple[str, str]]) -> Given:
    """`a[b][0]=c` becomes {"a": {"b": {"0": "c"}}}; empty brackets are numbered in order."""
    tree: Given = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name)
        if match is None:
            raise unknown_parameter(name)
        _put(tree, [match[1], *_PART.findall(match[2])], value, name)
    return tree


def _put(tree: Given, path: list[str], value: str, name: str) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise malformed(f"Invalid {name}", "", name)
    tree[path[-1] or str(len(tree))] = value


def read(fields: Mapping[str, Field], given: Given, inside: str = "") -> Given:
    """The values, converted to their types. Raises what Stripe answers before it executes anything."""
    values: Given = {}
    for name, value in given.items():
        shown = f"{inside}[{name}]" if inside else name
        if name not in fields:
            raise unknown_parameter(shown)
        values[name] = _value(fields[name], value, shown)
    for name, field in fields.items():
        if field.is_required and values.get(name) in (None, "", []):
            raise missing_parameter(f"{inside}[{name}]" if inside else name)
    return values


def _value(field: Field, value: Any, name: str) -> Any:
    match field.kind:
        case "list":
            return [_value(field.inner, each, f"{name}[{at}]") for at, each in _tree(value, name).items()]
        case "dict":
            return read(field.inner, _tree(value, name), name)
        case "map":
            return _metadata(value, name)
        case "range":
            return _range(value, name)
    if not isinstance(value, str):
        raise malformed(f"Invalid string: {value}", "", name)
    return _scalar(field, value, name)


def _scalar(field: Field, value: str, name: str) -> Any:
    if field.kind == "int":
        return whole(value, name)
    if field.kind == "enum" and value not in field.inner:
        raise malformed(f"Invalid {name}: must be one of {', '.join(field.inner)}", "", name)
    if field.kind == "bool" or (field.kind == "bool_or_text" and value in ("true", "false")):
        if value not in ("true", "false"):
            raise malformed(f"Invalid boolean: {value}", "", name)
        return value == "true"
    if len(value) > field.longest:
        message = f"Invalid string: {name} must be at most {field.longest} characters"
        raise malformed(message, "parameter_invalid_string", name)
    if field.kind == "text" and field.inner and not re.fullmatch(field.inner, value):
        raise malformed(
            f"Invalid string: {name} contains a character that is not allowed", "parameter_invalid_string", name
        )
    return value


def whole(value: str, name: str) -> int:
    if re.fullmatch(r"-\d+", value):
        raise malformed("Invalid non-negative integer", "", name)
    if not re.fullmatch(r"\d{1,15}", value):
        raise invalid_integer(name, value)
    return int(value)


def _range(value: Any, name: str) -> Given:
    if isinstance(value, str):
        return {"gte": whole(value, name), "lte": whole(value, name)}
    return read(dict.fromkeys(("gt", "gte", "lt", "lte"), INT), value, name)


def _metadata(value: Any, name: str) -> dict[str, str]:
    if value == "":
        return {}
    tree = _tree(value, name)
    if len(tree) > METADATA_KEYS_MAX:
        raise malformed(f"Metadata can have up to {METADATA_KEYS_MAX} keys", "", name)
    for key, text_ in tree.items():
        is_text = isinstance(text_, str) and len(text_) <= METADATA_VALUE_LENGTH
        if not is_text or len(key) > METADATA_KEY_LENGTH:
            raise malformed("Metadata keys have up to 40, values up to 500 characters", "", f"{name}[{key}]")
    return tree


def _tree(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise malformed("Invalid object" if value else f"You passed an empty string for '{name}'.", "", name)
    return value
