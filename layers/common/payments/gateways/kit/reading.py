"""What a gateway says, read with suspicion: each field is what it should be, or nothing.

A ValueError names the field that is missing or wrong where we cannot do without it.
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
_CODE = re.compile(r"(?!.*\d{8})[A-Za-z0-9_.-]+")  # No number of a card, a phone or a person is one.
_CODE_LENGTH = 64
_CURRENCY = re.compile("[A-Z]{3}")
_WHOLE_MAX = 10**14  # As milliseconds still a date, as paise more than anybody has.


def object_of(value: object) -> Answer:
    return value if isinstance(value, dict) else {}


def objects_of(value: object) -> list[Answer]:
    """What is no object in a list is an empty one, and is missing all its fields."""
    return [object_of(each) for each in value] if isinstance(value, list) else []


def object_in(body: bytes) -> Answer:
    """A webhook's body is proved to be theirs, not to be well formed: what makes no sense is empty."""
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
    """An id that goes into addresses of ours, an address that a payer is sent to."""
    text = text_of(answer, name)
    if not shape.fullmatch(text):
        raise ValueError(name)
    return text


def our_id(answer: Answer, name: str) -> str:
    text = text_of(answer, name)
    return text if _OUR_ID.fullmatch(text) else ""


def code_of(answer: Answer, name: str, length: int = _CODE_LENGTH) -> str:
    """A code of the gateway that may be logged and stored; "" for anything that could be somebody's."""
    text = text_of(answer, name)
    return text[:length] if _CODE.fullmatch(text) else ""


def message_of(answer: Answer, name: str) -> str:
    """A sentence of theirs, cleaned."""
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
    """XXX is ISO 4217's word for none: it contradicts ours, so a person looks, and no text of theirs is kept."""
    return text if _CURRENCY.fullmatch(text) else "XXX"


def by_code(codes_by_failure: Mapping[FailureCode, str]) -> dict[str, FailureCode]:
    """The meaning of each gateway's code, from a table that is written the other way round."""
    return {theirs: code for code, listed in codes_by_failure.items() for theirs in listed.split()}
