"""Who may take what: dated rows of merchant's country, currencies and ways to pay, a module for each gateway.

A row holds from `since` up to `until`; what no row says is not possible. The merchant's country is the workspace's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from payments.domain.terms import MethodType

UPI, CARD, NETBANKING = MethodType.UPI, MethodType.CARD, MethodType.NETBANKING
WALLET, PAYPAL, EMI = MethodType.WALLET, MethodType.PAYPAL, MethodType.EMI


@dataclass(frozen=True, slots=True)
class Row:
    gateway: str
    countries: frozenset[str]  # ISO 3166-1 alpha-2.
    currencies: frozenset[str]  # ISO 4217.
    methods: frozenset[MethodType]
    since: date
    source: str
    until: date | None = None


def row(gateway: str, countries: str, currencies: str, methods: Iterable[MethodType], since: str, source: str) -> Row:
    """`countries` and `currencies` have spaces between; `since` is YYYY-MM-DD."""
    words = frozenset(countries.split()), frozenset(currencies.split())
    return Row(gateway, *words, frozenset(methods), date.fromisoformat(since), source)
