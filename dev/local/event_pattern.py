"""EventBridge's event patterns, as far as needed: objects, and lists of exact values."""

import json
from collections.abc import Callable
from typing import Any

Matches = Callable[[Any], bool]


class BadPatternError(ValueError):
    pass


def compiled(pattern: str) -> Matches:
    """A function that tells whether an event has every field of the pattern, with one of its values.

    Raises BadPatternError.
    """
    try:
        wanted = json.loads(pattern)
    except (ValueError, RecursionError) as fault:
        raise BadPatternError(f"a pattern is JSON, not {pattern}") from fault
    if not isinstance(wanted, dict):
        raise BadPatternError(f"a pattern is an object, not {pattern}")
    return _object("", wanted)


def _object(name: str, wanted: dict[str, Any]) -> Matches:
    if not wanted:
        raise BadPatternError(f"{name or 'a pattern'} must name a field")
    fields = {key: _field(f"{name}.{key}".lstrip("."), value) for key, value in wanted.items()}
    return lambda event: (
        isinstance(event, dict) and all(key in event and matches(event[key]) for key, matches in fields.items())
    )


def _field(name: str, wanted: Any) -> Matches:
    if isinstance(wanted, dict):
        return _object(name, wanted)
    if not isinstance(wanted, list) or not wanted or any(isinstance(value, dict | list) for value in wanted):
        raise BadPatternError(f"{name} must be an object or a list of exact values, the local stack knows no other")
    values = {(type(value), value) for value in wanted}  # In Python True equals 1.
    return lambda found: not isinstance(found, dict | list) and (type(found), found) in values
