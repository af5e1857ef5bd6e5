"""Reads fields that several of Stripe's objects have. Each is checked before it is used."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from payments.domain.values.money import Money
from payments.gateways.kit.reading import currency_in, object_of, our_id, require_match, text_of, whole_of
from payments.gateways.transport.http import Answer

_REF = re.compile(r"[A-Za-z0-9_]{1,255}")
_EPOCH_MAX = 2**33


def money_of(answer: Answer, name: str) -> Money | None:
    """Return minor units of the object's own currency; None if the amount is missing or no whole number."""
    minor = whole_of(answer, name)
    return None if minor is None else Money(minor, currency_in(text_of(answer, "currency").upper()))


def id_of(answer: Answer) -> str:
    return require_match(answer, "id", _REF)


def ref_of(answer: Answer, name: str) -> str:
    """Return the id of another object, which may be expanded; "" if there is none."""
    value = answer.get(name)
    ref = text_of(object_of(value), "id") if isinstance(value, dict) else text_of(answer, name)
    return ref if _REF.fullmatch(ref) else ""


def is_ref(text: str) -> bool:
    return _REF.fullmatch(text) is not None


def attempt_id_of(answer: Answer) -> str:
    return our_id(object_of(answer.get("metadata")), "attempt_id") or our_id(answer, "client_reference_id")


def time_at(answer: Answer, name: str) -> datetime | None:
    """Return the field's Unix seconds as a UTC time; None if it is missing or malformed."""
    seconds = whole_of(answer, name)
    return datetime.fromtimestamp(seconds, UTC) if seconds and seconds < _EPOCH_MAX else None
