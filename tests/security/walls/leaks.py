"""Finds a value in a text in any encoding, and numbers that could be a card's."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from payments.runtime.card_numbers import has_card_number

_RUN = re.compile(r"(?<![A-Za-z0-9_.:-])\d(?:[ -]?\d){12,18}(?![A-Za-z0-9_:-])")
# Numbers of the log itself: the time of a metric, and how long a request took.
_OWN_NUMBERS = re.compile(r'"(?:Timestamp|duration_ms)":[\d.]+')


def forms(value: str) -> set[str]:
    """As written, percent-encoded in three ways, as JSON text, in hex, and within base64 at each of its offsets."""
    raw = value.encode()
    every = "".join(f"%{byte:02x}" for byte in raw)
    plain = {value, quote(value, safe=""), quote_plus(value), quote(value), every, raw.hex()}
    return {form.lower() for form in plain} | set(_in_base64(raw))


def _in_base64(raw: bytes) -> Iterator[str]:
    for encode in (b64encode, urlsafe_b64encode):
        for offset in range(3):
            text = encode(bytes(offset) + raw).decode()
            yield text[(offset * 8 + 5) // 6 : (offset + len(raw)) * 8 // 6]


def holds(text: str, value: str) -> bool:
    lowered = text.lower()
    return any(form in lowered or form in text for form in forms(value))


def card_like(text: str) -> list[str]:
    return [run for run in _RUN.findall(_OWN_NUMBERS.sub("", text)) if has_card_number(run)]
