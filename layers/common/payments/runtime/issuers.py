"""Prefixes and lengths of card numbers by issuer, with sources.

Some are omitted, because other numbers have the same form. Visa's 13 digits are no longer issued and look like EAN-13.
Maestro below 16 digits is withdrawn since July 2023 and looks like IMEI and EAN-13. Also omitted are Diners Club of 15
digits, JCB's 1800 and 2131, and UATP, which begins with 1 as timestamps do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from payments.record import record

LENGTH_MIN = 14
PREFIX_DIGITS_MAX = 6


@record
class Issuer:
    """`prefixes` are inclusive ranges of first digits; both ends of a range have the same number of digits."""

    name: str
    prefixes: tuple[tuple[str, str], ...]
    lengths: frozenset[int]
    checked_on: date
    source: str


def _issuer(name: str, prefixes: str, lengths: Iterable[int], source: str) -> Issuer:
    ranges = [prefix.partition("-") for prefix in prefixes.split()]
    pairs = tuple((low, high or low) for low, _, high in ranges)
    return Issuer(name, pairs, frozenset(lengths), date(2026, 11, 20), source)


_16_TO_19 = range(16, 20)

TABLE: tuple[Issuer, ...] = (
    _issuer("Visa", "4", (16, 19), "Visa: account numbers of 16 digits, 19 for some products"),
    _issuer(
        "Mastercard",
        "51-55 2221-2229 223-229 23-26 270-271 2720",
        (16,),
        "Mastercard: 51-55, and 222100-272099 since 2017",
    ),
    _issuer("American Express", "34 37", (15,), "American Express: 15 digits that begin with 34 or 37"),
    _issuer("Discover", "6011 644-649 65", _16_TO_19, "Discover Network: IIN ranges"),
    _issuer("Diners Club", "300-305 3095 36 38-39", (14, 16, 17, 18, 19), "Discover Network: IIN ranges, Diners Club"),
    _issuer("JCB", "3528-3589", _16_TO_19, "Discover Network: IIN ranges, JCB"),
    _issuer("UnionPay", "62 810-817", _16_TO_19, "Discover Network: IIN ranges, UnionPay"),
    _issuer("RuPay", "508 60 65 81 82 353 356", (16,), "NPCI: RuPay BIN ranges, with those shared with JCB"),
    _issuer(
        "Maestro", "5018 5020 5038 5893 6304 6759 6761-6763", _16_TO_19, "Mastercard: Maestro; since July 2023 expiring"
    ),
    _issuer("Elo", "506699-506778 509 636297 636368", (16,), "Elo: BIN table"),
    _issuer("Hipercard", "606282", (16,), "Itaú: Hipercard"),
    _issuer("Mir", "2200-2204", _16_TO_19, "NSPK: Mir"),
    _issuer("Troy", "9792", (16,), "BKM: Troy"),
    _issuer("Dankort", "5019", (16,), "Nets: Dankort"),
    _issuer("Verve", "506099-506198 650002-650027", (16, 18, 19), "Interswitch: Verve"),
)


def lengths_by_prefix(table: Iterable[Issuer] = TABLE) -> Mapping[str, frozenset[int]]:
    """Return the possible lengths by prefix of 1 to 6 digits, one entry for each prefix of a range."""
    lengths: dict[str, frozenset[int]] = {}
    for issuer in table:
        for low, high in issuer.prefixes:
            for number in range(int(low), int(high) + 1):
                prefix = f"{number:0{len(low)}d}"
                lengths[prefix] = lengths.get(prefix, frozenset()) | issuer.lengths
    return lengths
