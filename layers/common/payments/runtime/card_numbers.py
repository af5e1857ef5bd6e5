"""Finds card numbers in any text, by issuer prefix, length and check digit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import accumulate
from urllib.parse import unquote_plus

from payments.runtime.issuers import LENGTH_MIN, PREFIX_DIGITS_MAX, lengths_by_prefix

# A whole group of digits. One next to a letter is part of another code.
_GROUP = r"(?<![^\W_])\d++(?![^\W_])"


_RUN = re.compile(rf"{_GROUP}(?:[\s.\-]{{1,3}}{_GROUP})*+")


# The two groupings of printed cards, with another separator between the groups.
_PRINTED = re.compile(
    r"(?<![^\W_])(?:\d{4}([/_,+|:])\d{4}\1\d{4}\1\d{1,7}|\d{4}([/_,+|:])\d{6}\2\d{5})(?![^\W_])", re.ASCII
)


_UUID = re.compile(r"(?i)(?<![^\W_])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![^\W_])")


_FOREIGN = re.compile(r"[^\x00-\x7f]")


def has_card_number(text: str) -> bool:
    """Return whether `text`, plain or percent-encoded, contains a card number. Takes time linear in its length."""
    forms = {text, unquote_plus(text)} if "%" in text else {text}
    return any(_has_run(_UUID.sub("x", fold(form))) for form in forms)


def fold(text: str) -> str:
    """Return the text with ASCII digits for those of any script, "-" for any dash, and no invisible characters."""
    return text if text.isascii() else _FOREIGN.sub(lambda found: _fold(found[0]), text)


@lru_cache(maxsize=1024)
def _fold(char: str) -> str:
    """Normalize one character: NFKC of a whole text takes quadratic time for combining marks."""
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
    """Return whether adjacent groups form a number with an issuer's prefix and length and a valid check digit."""
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
    """Return the possible lengths of card numbers with these first digits."""
    known = _known_numbers()
    found = (known.get(first_digits[:size], frozenset()) for size in range(1, len(first_digits) + 1))
    return frozenset().union(*found)


@cache
def _known_numbers() -> Mapping[str, frozenset[int]]:
    return lengths_by_prefix()


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """Return two lists of running Luhn sums: with digits at even places doubled, and with those at odd places.

    Luhn doubles every second digit from the right, beginning with the last but one. A number that ends before place
    `end` has its doubled digits at even places if `end` is even, else at odd places.
    """
    even, odd = [0], [0]
    for place, digit in enumerate(digits):
        once, twice = int(digit), _TWICE[int(digit)]
        even.append(even[-1] + (once if place % 2 else twice))
        odd.append(odd[-1] + (twice if place % 2 else once))
    return even, odd


_TWICE = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
