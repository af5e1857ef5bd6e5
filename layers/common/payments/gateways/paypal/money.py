"""Converts between our minor units and PayPal's decimal texts. The other gateways use minor units."""

from __future__ import annotations

import re

from payments.domain.values.money import Money
from payments.gateways.contract.errors import Rejected
from payments.gateways.kit.reading import currency_in, object_of, text_of
from payments.gateways.transport.http import Answer

_CODES = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN RUB SEK SGD THB TWD USD"
CURRENCIES = frozenset(_CODES.split())
_WHOLE_ONLY = frozenset({"HUF", "JPY", "TWD"})  # PayPal takes no decimals in these currencies.
_NO_MINOR_UNIT = frozenset({"JPY"})  # The others have two decimals in ISO 4217.

_VALUE = re.compile(r"(\d{1,13})(?:\.(\d{1,8}))?", re.ASCII)


def to_amount(money: Money) -> dict[str, str]:
    """Return PayPal's amount object. Raises Rejected, before any call, for a currency or fraction it does not take."""
    if money.currency not in CURRENCIES:
        raise Rejected(f"PayPal does not take {money.currency}", code="CURRENCY_NOT_SUPPORTED")
    minor_per_whole = 1 if money.currency in _NO_MINOR_UNIT else 100
    whole, rest = divmod(money.minor, minor_per_whole)
    if money.currency not in _WHOLE_ONLY:
        return {"currency_code": money.currency, "value": f"{whole}.{rest:02d}"}
    if rest:
        raise Rejected(f"PayPal takes whole {money.currency} only", code="DECIMALS_NOT_SUPPORTED")
    return {"currency_code": money.currency, "value": str(whole)}


def from_amount(answer: Answer, name: str = "amount") -> Money:
    """Return the amount in minor units. Raises ValueError if it is missing or has too many decimals."""
    amount = object_of(answer.get(name))
    currency, value = text_of(amount, "currency_code"), _VALUE.fullmatch(text_of(amount, "value"))
    if not currency or not value:
        raise ValueError(name)
    decimals = 0 if currency in _NO_MINOR_UNIT else 2
    fraction = (value[2] or "").ljust(decimals, "0")
    if fraction[decimals:].strip("0"):
        raise ValueError(f"{name}: value")
    return Money(int(value[1] + fraction[:decimals]), currency_in(currency))
