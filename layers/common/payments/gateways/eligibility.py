"""Which gateways may take a payment on a given day, by their fact tables. A table loads when first needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from payments.domain.values.terms import MethodType
from payments.gateways.facts import Row, facts_of


def step_minor(gateway: str, currency: str) -> int:
    """Return the minor units of which an amount must be a multiple; 1 if the gateway takes any amount."""
    steps: Mapping[str, int] = facts_of(gateway).STEPS
    return steps.get(currency, 1)


def rows(gateway: str, country: str, on: date) -> list[Row]:
    """Return the rows that hold on that day for merchants of `country` (ISO 3166-1 alpha-2)."""
    of_gateway: tuple[Row, ...] = facts_of(gateway).ROWS
    return [row for row in of_gateway if country in row.countries and _applies(row, on)]


def is_eligible(gateway: str, country: str, currency: str, method: MethodType | None, on: date) -> bool:
    """Return whether the gateway may take such a payment. `method` None stands for any way to pay."""
    return any(
        currency in row.currencies and (method is None or method in row.methods) for row in rows(gateway, country, on)
    )


def eligible(gateways: Iterable[str], country: str, currency: str, method: MethodType | None, on: date) -> list[str]:
    """Return those of `gateways` that may take such a payment, in the given order."""
    return [name for name in gateways if is_eligible(name, country, currency, method, on)]


def methods(gateway: str, country: str, currency: str, on: date) -> list[MethodType]:
    """Return the ways to pay there, in the order of MethodType."""
    found = {method for row in rows(gateway, country, on) if currency in row.currencies for method in row.methods}
    return [method for method in MethodType if method in found]


def _applies(row: Row, on: date) -> bool:
    return row.since <= on and (row.until is None or on < row.until)
