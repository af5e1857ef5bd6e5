"""Reads fields of a gateway's JSON. Each function returns a valid value, or an empty one: "", None, {} or [].

The `require_` functions raise ValueError instead, with the name of the missing or malformed field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from payments.domain.values.masking import clean_words
from payments.domain.values.status import FailureCode
from payments.gateways.transport.http import Answer

_OUR_ID = re.compile(r"[A-Za-z0-9_-]{1,63}")
_CODE = re.compile(r"(?!.*\d{8})[A-Za-z0-9_.-]+")  # No 8 digits in a row: no number of a card, a phone or a person.
_CODE_LENGTH = 64
_CURRENCY = re.compile("[A-Z]{3}")
_WHOLE_MAX = 10**14  # Milliseconds up to here are still a valid date.


def object_of(value: object) -> Answer:
    return value if isinstance(value, dict) else {}


def objects_of(value: object) -> list[Answer]:
    """Return the list's objects; an element that is no object becomes {}, so that its required fields are missing."""
    return [object_of(each) for each in value] if isinstance(value, list) else []


def object_in(body: bytes) -> Answer:
    """Return the JSON object of a webhook's body; {} for any other body. A valid proof does not make it well formed."""
    try:
        return object_of(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def text_of(answer: Answer, name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) and value.isprintable() else ""


def require_text(answer: Answer, name: str) -> str:
    text = text_of(answer, name)
    if not text:
        raise ValueError(name)
    return text


def require_match(answer: Answer, name: str, shape: re.Pattern[str]) -> str:
    """Return a text of exactly this form: an id that we put into URLs, or a URL to which a payer is sent."""
    text = text_of(answer, name)
    if not shape.fullmatch(text):
        raise ValueError(name)
    return text


def our_id(answer: Answer, name: str) -> str:
    text = text_of(answer, name)
    return text if _OUR_ID.fullmatch(text) else ""


def code_of(answer: Answer, name: str, length: int = _CODE_LENGTH) -> str:
    """Return a code that may be logged and stored, cut to `length`; "" for a text that could be personal data."""
    text = text_of(answer, name)
    return text[:length] if _CODE.fullmatch(text) else ""


def message_of(answer: Answer, name: str) -> str:
    """Return a message of the gateway, without links, long numbers and possible tokens."""
    value = answer.get(name)
    return clean_words(value) if isinstance(value, str) else ""


def whole_of(answer: Answer, name: str) -> int | None:
    value = answer.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _WHOLE_MAX else None


def time_of(answer: Answer, name: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text_of(answer, name))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def currency_in(text: str) -> str:
    """Return the ISO 4217 code; "XXX" (no currency) for any other text.

    XXX differs from the attempt's currency, so the payment goes to review.
    """
    return text if _CURRENCY.fullmatch(text) else "XXX"


def by_code(codes_by_failure: Mapping[FailureCode, str]) -> dict[str, FailureCode]:
    """Return our failure code by the gateway's code. The given table lists the gateway's codes, with spaces between."""
    return {theirs: code for code, listed in codes_by_failure.items() for theirs in listed.split()}
