"""Card data is refused wherever it may hide, before anything of a request is stored or logged."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any
from urllib.parse import unquote_plus

from payments.runtime.errors import CODES, Refusal
from payments.runtime.issuers import LENGTH_MIN, PREFIX_DIGITS_MAX, lengths_by_prefix

# A whole group of digits; one that touches a letter belongs to some other code.
_GROUP = r"(?<![^\W_])\d++(?![^\W_])"
_RUN = re.compile(rf"{_GROUP}(?:[\s.\-]{{1,3}}{_GROUP})*+")
# The two ways cards are printed, with any other mark between the groups.
_PRINTED = re.compile(
    r"(?<![^\W_])(?:\d{4}([/_,+|:])\d{4}\1\d{4}\1\d{1,7}|\d{4}([/_,+|:])\d{6}\2\d{5})(?![^\W_])", re.ASCII
)
_UUID = re.compile(r"(?i)(?<![^\W_])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![^\W_])")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_MERE_NAME = re.compile(r"(?:[A-Za-z_-]|(?<!\d)\d{1,4}(?!\d)){1,40}")
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
_SEPARATORS = re.compile(r"[\W_]+")


def has_card_number(text: str) -> bool:
    """Whether `text`, as written or percent-encoded, holds a card number of an issuer. Linear in its length."""
    forms = {text, unquote_plus(text)} if "%" in text else {text}
    return any(_has_run(_UUID.sub("x", _plain(form))) for form in forms)


def is_card_key(name: str) -> bool:
    """Whether a field of this name would hold a card number or its security code."""
    parts = [part.lower() for part in _SEPARATORS.split(_CAMEL.sub(" ", _plain(name))) if part]
    return "".join(parts) in _CARD_KEYS or not _CARD_WORDS.isdisjoint(parts)


def refuse_cards(value: Any, field: str = "") -> None:
    """Walk a parsed body, or anything else made of dicts, lists and scalars. `field` is what the whole is called.

    Raises:
        Refusal: raw_card_data_rejected. It names the field and holds nothing of what was found.
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
    """The name of a field within `field`. Raises Refusal."""
    is_number = has_card_number(key)
    name = key if _MERE_NAME.fullmatch(key) and not is_number else "(unnamed)"
    path = f"{field}.{name}" if field else name
    if is_number:
        raise _refusal(path)
    if is_card_key(key):
        advice = "a field of this name is for card data, which is not accepted: name it otherwise, such as tax_number"
        raise Refusal("raw_card_data_rejected", f"{path}: {advice}", field=path)
    return path


def _refusal(field: str) -> Refusal:
    message = CODES["raw_card_data_rejected"].message
    return Refusal("raw_card_data_rejected", f"{field}: {message}", field=field)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _plain(text: str) -> str:
    """Compatibility forms folded, digits of every script ASCII, invisible characters dropped, every dash a dash."""
    return text if text.isascii() else _FOREIGN.sub(lambda found: _fold(found[0]), text)


@lru_cache(maxsize=1024)
def _fold(char: str) -> str:
    """By single characters: NFKC of a whole text sorts its combining marks, in quadratic time."""
    return "".join(_simplify(part) for part in unicodedata.normalize("NFKC", char))


def _simplify(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Cf":
        return ""
    return "-" if category == "Pd" or char in "\u2212\u00b7\u2022" else char


def _has_run(text: str) -> bool:
    runs = (found[0] for pattern in (_RUN, _PRINTED) for found in pattern.finditer(text))
    return any(_has_card(re.findall(r"\d+", run)) for run in runs)


def _has_card(groups: list[str]) -> bool:
    """Whether neighbouring groups are one number: with an issuer's first digits, at its length, with a check digit."""
    digits, ends = "".join(groups), [*accumulate(map(len, groups))]
    if len(digits) < LENGTH_MIN:
        return False
    starts, sums = [0, *ends[:-1]], _luhn_sums(digits)
    is_end = set(ends)
    for start in starts:
        for length in _lengths(digits[start : start + PREFIX_DIGITS_MAX]):
            end = start + length
            if end in is_end and (sums[end % 2][end] - sums[end % 2][start]) % 10 == 0:
                return True
    return False


@lru_cache(maxsize=4096)
def _lengths(first_digits: str) -> frozenset[int]:
    """The lengths that issuers give to numbers which begin so."""
    known = _known_numbers()
    found = (known.get(first_digits[:size], frozenset()) for size in range(1, len(first_digits) + 1))
    return frozenset().union(*found)


@cache
def _known_numbers() -> Mapping[str, frozenset[int]]:
    return lengths_by_prefix()


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """The running sums of the digits, with those at even places doubled, and with those at odd places doubled.

    A number's last digit counts once, the one before it twice, and so on. So in a number that ends before place `end`
    the doubled digits are at the even places if `end` is even, and at the odd ones if it is odd.
    """
    even, odd = [0], [0]
    for place, digit in enumerate(digits):
        once, twice = int(digit), _TWICE[int(digit)]
        even.append(even[-1] + (once if place % 2 else twice))
        odd.append(odd[-1] + (twice if place % 2 else once))
    return even, odd


_TWICE = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
