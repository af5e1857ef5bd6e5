"""Who may take what, on a day: the gateways' facts in one table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import date

from payments.domain.terms import MethodType
from payments.gateways import facts
from payments.gateways.facts import Row, facts_of

_NAMES = sorted(name.removesuffix(".py") for name in os.listdir(facts.__path__[0]) if not name.startswith("_"))
_FACTS = {name: facts_of(name) for name in _NAMES}
TABLE: tuple[Row, ...] = tuple(row for its in _FACTS.values() for row in its.ROWS)


def step_minor(gateway: str, currency: str) -> int:
    """Minor units of which an amount must be a multiple; 1 where the gateway takes any."""
    steps: Mapping[str, int] = _FACTS[gateway].STEPS
    return steps.get(currency, 1)


def rows(gateway: str, country: str, on: date) -> list[Row]:
    return [row for row in TABLE if row.gateway == gateway and country in row.countries and _holds(row, on)]


def is_eligible(gateway: str, country: str, currency: str, method: MethodType | None, on: date) -> bool:
    """`method` None asks whether there is any way to pay."""
    return any(
        currency in row.currencies and (method is None or method in row.methods) for row in rows(gateway, country, on)
    )


def eligible(gateways: Iterable[str], country: str, currency: str, method: MethodType | None, on: date) -> list[str]:
    """Those of `gateways` that may take it, in their order."""
    return [name for name in gateways if is_eligible(name, country, currency, method, on)]


def methods(gateway: str, country: str, currency: str, on: date) -> list[MethodType]:
    found = {method for row in rows(gateway, country, on) if currency in row.currencies for method in row.methods}
    return [method for method in MethodType if method in found]


def _holds(row: Row, on: date) -> bool:
    return row.since <= on and (row.until is None or on < row.until)
