"""Amounts: decimal texts outside, whole minor units inside. For some currencies PayPal accepts no decimals."""

from __future__ import annotations

import re
from typing import Any

from gateway_simulators.paypal.errors import refusal

CURRENCIES = frozenset(
    {"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK"}
    | {"NZD", "PHP", "PLN", "RUB", "SEK", "SGD", "THB", "TWD", "USD"}
)
NO_DECIMALS = frozenset({"HUF", "JPY", "TWD"})
_PATTERN = re.compile(r"(-?)(\d*)(?:\.(\d+))?", re.ASCII)
_VALUE_LENGTH = 32


def read_amount(amount: object, field: str, currency: str = "", mismatch: str = "") -> tuple[int, str]:
    """Read an amount; returns minor units and currency.

    `currency` is the required currency; another one is refused with the issue `mismatch`.
    """
    if not isinstance(amount, dict):
        raise refusal("MISSING_REQUIRED_PARAMETER", field)
    code, value = (_required_text(amount, name, f"{field}/{name}") for name in ("currency_code", "value"))
    if code not in CURRENCIES:
        raise refusal("INVALID_CURRENCY_CODE", f"{field}/currency_code", code)
    if currency and code != currency:
        raise refusal(mismatch, f"{field}/currency_code", code)
    return _minor(value, code, f"{field}/value"), code


def to_value(minor: int, currency: str) -> dict[str, str]:
    """Format minor units (hundredths; whole yen). Amounts in forints and Taiwan dollars are written without
    decimals.
    """
    if currency == "JPY":
        value = str(minor)
    elif currency in NO_DECIMALS:
        value = str(minor // 100)
    else:
        value = f"{minor // 100}.{minor % 100:02d}"
    return {"currency_code": currency, "value": value}


def _minor(value: str, currency: str, field: str) -> int:
    found = _PATTERN.fullmatch(value)
    if not found or not (found[2] or found[3]):
        raise refusal("INVALID_PARAMETER_SYNTAX", field, value)
    if len(value) > _VALUE_LENGTH:
        raise refusal("INVALID_STRING_MAX_LENGTH", field, value)
    decimals = found[3] or ""
    if currency in NO_DECIMALS and found[3] is not None:
        raise refusal("DECIMALS_NOT_SUPPORTED", field, value)
    if len(decimals) > 2:
        raise refusal("DECIMAL_PRECISION", field, value)
    minor = int((found[2] or "0") + decimals.ljust(0 if currency == "JPY" else 2, "0"))
    if found[1] or not minor:
        raise refusal("CANNOT_BE_ZERO_OR_NEGATIVE", field, value)
    return minor


def _required_text(values: dict[str, Any], name: str, field: str) -> str:
    value = values.get(name)
    if value is None:
        raise refusal("MISSING_REQUIRED_PARAMETER", field)
    if not isinstance(value, str):
        raise refusal("INVALID_PARAMETER_SYNTAX", field, str(value))
    return value
