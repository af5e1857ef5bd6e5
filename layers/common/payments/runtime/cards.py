"""Card data is refused wherever it may hide, before anything of a request is kept or logged."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

from payments.runtime.errors import Refusal

_DIGITS_MIN, _DIGITS_MAX = 13, 19
# Groups of digits with at most three spaces, dashes or dots between them, each run taken whole.
_RUN = re.compile(r"\d+(?:[\s.\-]{1,3}\d+)*")
# The two ways cards are printed, with any other mark between the groups.
_PRINTED = re.compile(r"(?<!\d)\d{4}([/_,+|:])\d{4}\1\d{4}\1\d{1,7}(?!\d)|(?<!\d)\d{4}([/_,+|:])\d{6}\2\d{5}(?!\d)")
_ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
# Our own ids and tokens, and UUIDs, which the same digits happen to fill now and then.
_EXEMPT = re.compile(
    rf"(?:[a-z_]{{1,40}}:)?(?:pay|att|rfd|rec|dsp|apr)_{_ULID}|(?:ct|rt)_[0-9a-f]{{64}}\.[A-Za-z0-9_-]*[A-Za-z_][A-Za-z0-9_-]*"
    r"|(?i:[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
)
# fmt: off
_CARD_KEYS = frozenset(
    {
        "cvv", "cvv2", "cvc", "cvc2", "csc", "cvn", "pan", "ccnum", "ccnumber", "ccno", "cardnumber",
        "cardno", "cardnum", "cardpan", "creditcard", "debitcard", "creditcardnumber", "debitcardnumber",
        "creditcardno", "primaryaccountnumber", "securitycode", "cardsecuritycode", "cardcvv", "cardcvc",
        "cvvcode", "cvccode", "cvvnumber", "cardpin", "track1", "track2", "trackdata", "magstripe",
        "track1data", "track2data", "pinblock", "cardverificationvalue", "cardverificationcode", "upipin", "atmpin",
        "onetimepassword"
    }
)
# fmt: on
_CARD_WORDS = frozenset({"cvv", "cvv2", "cvc", "cvc2", "pan", "otp", "mpin"})  # No pin: in India, of an address.
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_WORD = re.compile(r"[\W_]+")


def has_card_number(text: str) -> bool:
    """Whether 13 to 19 digits in `text`, as written or percent-encoded, pass the card check."""
    if _EXEMPT.fullmatch(text):
        return False
    return any(_has_run(_plain(form)) for form in ({text, unquote_plus(text)} if "%" in text else {text}))


def is_card_key(name: str) -> bool:
    """Whether a field of this name would hold a card number or its security code."""
    words = [word.lower() for word in _NOT_WORD.split(_CAMEL.sub(" ", _plain(name))) if word]
    return "".join(words) in _CARD_KEYS or not _CARD_WORDS.isdisjoint(words)


def refuse_cards(value: Any) -> None:
    """Walk a parsed body, or anything else made of dicts, lists and scalars.

    Raises:
        Refusal: raw_card_data_rejected, without a word of what was found.
    """
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if any(is_card_key(key) for key in value):
                raise Refusal("raw_card_data_rejected")
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value
        elif has_card_number(_text(value)):
            raise Refusal("raw_card_data_rejected")


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _plain(text: str) -> str:
    """Compatibility forms folded, invisible characters dropped, every dash a dash."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKC", text)
    return "".join(_folded(char) for char in folded)


def _folded(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return "-" if category == "Pd" or char in "\u2212\u00b7\u2022" else char


def _has_run(text: str) -> bool:
    if any(_is_card(re.sub(r"\D", "", found[0])) for found in _PRINTED.finditer(text)):
        return True
    return any(_is_card(digits) for run in _RUN.findall(text) for digits in _spans(re.findall(r"\d+", run)))


def _spans(groups: list[str]) -> Iterator[str]:
    """Every way to read neighbouring groups as one number of a card's length."""
    for start in range(len(groups)):
        digits = ""
        for group in groups[start : start + _DIGITS_MAX]:
            digits += group
            if len(digits) > _DIGITS_MAX:
                break
            if len(digits) >= _DIGITS_MIN:
                yield digits


def _is_card(digits: str) -> bool:
    """The Luhn check; digits of any script."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
