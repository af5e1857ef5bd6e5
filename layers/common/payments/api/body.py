"""Parses a request body, more strictly than JSON does: whatever two parsers could read differently is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from payments.api.errors import Refusal

BODY_MAX = 64 * 1024
DEPTH_MAX = 20
_INT_CHARS_MAX = 19
_UTF_8 = frozenset({"charset=utf-8", "charset=utf8", ""})
_BOM = b"\xef\xbb\xbf"


class UnusableNumber:
    """Stands for a number that no field accepts (too long, infinite, NaN). The field's check then reports its form."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


def refuse_other_media(headers: Mapping[str, str]) -> None:
    """Raises Refusal unless the headers declare uncompressed application/json in UTF-8."""
    media, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    if media != "application/json":
        raise Refusal("unsupported_media_type")
    if not all(parameter.replace('"', "") in _UTF_8 for parameter in parameters):
        raise Refusal("unsupported_media_type", "Send the body in UTF-8: Content-Type: application/json.")
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Refusal(
            "unsupported_media_type", "Send the body as plain JSON, not compressed, without Content-Encoding."
        )


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`.

    Raises:
        Refusal: the message says what to send instead.
    """
    if body.startswith(_BOM):
        raise _bad("Send UTF-8 without a byte order mark.")
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_no_repeats,
            parse_int=_int,
            parse_float=_float,
            parse_constant=UnusableNumber,
        )
    except UnicodeDecodeError:
        raise _bad("Send the body in UTF-8.") from None
    except (ValueError, RecursionError):
        raise _bad('Send one JSON object, for example {"amount": 49900, "currency": "INR"}.') from None
    _refuse_odd_shape(value)
    if not isinstance(value, dict):
        raise _bad('Send one JSON object: {"name": value, …}.')
    return value


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise _bad("Send each field once: a name is repeated within one object.")
    return named


def _int(text: str) -> int | UnusableNumber:
    return int(text) if len(text) <= _INT_CHARS_MAX else UnusableNumber(text)


def _float(text: str) -> float | UnusableNumber:
    number = float(text)
    return number if abs(number) < float("inf") else UnusableNumber(text)


def _refuse_odd_shape(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            _refuse_surrogates(value)
        elif isinstance(value, dict | list):
            if depth > DEPTH_MAX:
                raise _bad(f"Send at most {DEPTH_MAX} levels of nesting.")
            inner = [*value, *value.values()] if isinstance(value, dict) else value
            waiting += [(each, depth + 1) for each in inner]


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _bad("Send complete Unicode characters: half a surrogate pair is none.") from None


def _bad(message: str) -> Refusal:
    return Refusal("invalid_request", message)
