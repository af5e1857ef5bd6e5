"""The least that Stripe takes and refunds: minor units by currency, 1 if not listed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

CHECKED_ON = date(2026, 11, 28)
SOURCE = "Stripe documentation, Supported currencies: minimum charge amounts"

MINIMUM_MINOR: Mapping[str, int] = {
    "AED": 200, "ARS": 50, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
    "GBP": 30, "HKD": 400, "HUF": 17500, "IDR": 50, "ILS": 50, "INR": 50, "JPY": 50, "KRW": 50, "MXN": 1000,
    "MYR": 200, "NOK": 300, "NZD": 50, "PHP": 50, "PLN": 200, "RON": 200, "RUB": 50, "SEK": 300, "SGD": 50,
    "THB": 1000, "USD": 50, "ZAR": 50,
}  # fmt: skip
REFUND_MINIMUM_MINOR: Mapping[str, int] = {}
