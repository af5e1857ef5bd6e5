"""Who may take what: one dated table of gateway, merchant's country, currencies and ways to pay.

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


def _row(gateway: str, countries: str, currencies: str, methods: Iterable[MethodType], since: str, source: str) -> Row:
    words = frozenset(countries.split()), frozenset(currencies.split())
    return Row(gateway, *words, frozenset(methods), date.fromisoformat(since), source)


_PAYPAL_COUNTRIES = "AU CA DE ES FR GB IE IN IT JP NL SG US"
_PAYPAL_CURRENCIES = "AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD USD"
_STRIPE_COUNTRIES = "AU CA DE ES FR GB IE IT JP NL SG US"
_STRIPE_CURRENCIES = "AED AUD CAD CHF DKK EUR GBP HKD INR JPY NOK NZD PLN SEK SGD USD"
_RAZORPAY_FOREIGN = "AED AUD CAD EUR GBP JPY SGD USD"

TABLE: tuple[Row, ...] = (
    _row("phonepe", "IN", "INR", (UPI, CARD, NETBANKING), "2025-01-01", "PhonePe PG v2: amounts are paise, INR only"),
    _row(
        "razorpay", "IN", "INR", (UPI, CARD, NETBANKING, WALLET, EMI), "2025-01-01",
        "Razorpay orders: domestic methods and EMI are in INR",
    ),
    _row(
        "razorpay", "IN", _RAZORPAY_FOREIGN, (CARD,), "2025-01-01",
        "Razorpay: international cards, where the account has them enabled",
    ),
    _row(
        "paypal", _PAYPAL_COUNTRIES, _PAYPAL_CURRENCIES, (PAYPAL, CARD), "2021-04-01",
        "PayPal currency codes; no INR, and no domestic payments in India since April 2021",
    ),
    _row(
        "stripe", _STRIPE_COUNTRIES, _STRIPE_CURRENCIES, (CARD, WALLET), "2025-01-01",
        "Stripe presentment currencies",
    ),
    _row("stripe", "IN", "INR USD EUR GBP", (CARD,), "2025-01-01", "Stripe India: accounts by invitation"),
    *(
        _row("square", countries, currency, (CARD, WALLET), "2025-01-01", "Square: a location's own currency only")
        for countries, currency in (
            ("US", "USD"), ("CA", "CAD"), ("AU", "AUD"), ("GB", "GBP"), ("IE FR ES", "EUR"), ("JP", "JPY"),
        )
    ),
)  # fmt: skip


# Of minor units; amounts are multiples of it. Where nothing is listed, any amount is taken.
_STEPS = {("paypal", "HUF"): 100, ("paypal", "TWD"): 100}  # PayPal currency codes: no decimals of these.


def step_minor(gateway: str, currency: str) -> int:
    """Minor units of which an amount must be a multiple."""
    return _STEPS.get((gateway, currency), 1)


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
