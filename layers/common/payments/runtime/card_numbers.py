"""Card numbers in any text, by issuer, length and check digit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import accumulate
from urllib.parse import unquote_plus

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


def has_card_number(text: str) -> bool:
    """Whether `text`, as written or percent-encoded, holds a card number of an issuer. Linear in its length."""
    forms = {text, unquote_plus(text)} if "%" in text else {text}
    return any(_has_run(_UUID.sub("x", fold(form))) for form in forms)


def fold(text: str) -> str:
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
