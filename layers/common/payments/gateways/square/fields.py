"""Reads fields that several of Square's objects have. A ValueError names a missing or malformed one."""

from __future__ import annotations

import re

from payments.domain.values.money import Money
from payments.gateways.kit.reading import currency_in, object_of, objects_of, require_match, text_of, whole_of
from payments.gateways.transport.http import Answer

REF = re.compile(r"[A-Za-z0-9_-]{1,255}")
_REFUND_ID = re.compile(r"(?<![A-Za-z0-9_])rfd_[0-9A-Za-z]{26}(?![A-Za-z0-9_])")


def money_of(answer: Answer, name: str) -> Money:
    """Return a Money object of Square, which is in minor units. Raises ValueError if it is malformed."""
    money = object_of(answer.get(name))
    minor, currency = whole_of(money, "amount"), money.get("currency")
    if minor is None or not isinstance(currency, str):
        raise ValueError(name)
    return Money(minor, currency_in(currency))


def id_of(answer: Answer, name: str) -> str:
    return require_match(answer, name, REF)


def ref_of(answer: Answer, *names: str) -> str:
    """Return the id in the first of the fields `names` that has one; "" if none has."""
    return next((text for text in (text_of(answer, name) for name in names) if REF.fullmatch(text)), "")


def errors_of(answer: Answer) -> list[Answer]:
    return objects_of(answer.get("errors")) or [{}]


def refund_id_of(refund: Answer) -> str:
    """Return our refund id, the second word of the refund's reason; "" if there is none."""
    found = _REFUND_ID.search(text_of(refund, "reason"))
    return found.group() if found else ""
