"""Refuses card data in any part of a request, before anything is stored or logged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from payments.api.errors import CODES, Refusal
from payments.runtime.card_numbers import fold, has_card_number

_MERE_NAME = re.compile(r"(?:[A-Za-z_-]|(?<!\d)\d{1,4}(?!\d)){1,40}")


_CARD_KEYS = frozenset(
    {
        "cvv",
        "cvv2",
        "cvc",
        "cvc2",
        "csc",
        "cvn",
        "pan",
        "ccnum",
        "ccnumber",
        "ccno",
        "cardnumber",
        "cardno",
        "cardnum",
        "cardpan",
        "creditcard",
        "debitcard",
        "creditcardnumber",
        "debitcardnumber",
        "creditcardno",
        "primaryaccountnumber",
        "securitycode",
        "cardsecuritycode",
        "cardcvv",
        "cardcvc",
        "cvvcode",
        "cvccode",
        "cvvnumber",
        "cardpin",
        "track1",
        "track2",
        "trackdata",
        "magstripe",
        "track1data",
        "track2data",
        "pinblock",
        "cardverificationvalue",
        "cardverificationcode",
        "upipin",
        "atmpin",
        "onetimepassword",
    }
)


_CARD_WORDS = frozenset({"cvv", "cvv2", "cvc", "cvc2", "pan", "otp", "mpin"})  # Not pin: in India also a postal code.


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


_SEPARATORS = re.compile(r"[\W_]+")


def is_card_key(name: str) -> bool:
    """Return whether a field of this name is for a card number or its security code."""
    parts = [part.lower() for part in _SEPARATORS.split(_CAMEL.sub(" ", fold(name))) if part]
    return "".join(parts) in _CARD_KEYS or not _CARD_WORDS.isdisjoint(parts)


def refuse_cards(value: Any, field: str = "") -> None:
    """Search dicts, lists and scalars for card data. `field` is the name of `value` in the error.

    Raises:
        Refusal: raw_card_data_rejected. It names the field and does not contain the value.
    """
    waiting = [(field, value)]
    while waiting:
        field, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += reversed([(_path_of(field, key), each) for key, each in value.items()])
        elif isinstance(value, list | tuple):
            waiting += [(f"{field}.{place}", value[place]) for place in reversed(range(len(value)))]
        elif has_card_number(_text(value)):
            raise _refusal(field)


def _path_of(field: str, key: str) -> str:
    """Return the path of `key` within `field`. Raises Refusal if the key is or names card data."""
    is_number = has_card_number(key)
    name = key if _MERE_NAME.fullmatch(key) and not is_number else "(unnamed)"
    path = f"{field}.{name}" if field else name
    if is_number:
        raise _refusal(path)
    if is_card_key(key):
        advice = "a field of this name is for card data, which is not accepted: give it another name (tax_number)"
        raise Refusal("raw_card_data_rejected", f"{path}: {advice}", field=path)
    return path


def _refusal(field: str) -> Refusal:
    message = CODES["raw_card_data_rejected"].message
    return Refusal("raw_card_data_rejected", f"{field}: {message}", field=field)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
