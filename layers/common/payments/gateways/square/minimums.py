"""The least that Square takes and refunds: minor units by currency, 1 if not listed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

CHECKED_ON = date(2026, 11, 28)
SOURCE = "Square developer documentation, Payment minimums: 0.01 of a card payment in each country, JPY 1"

MINIMUM_MINOR: Mapping[str, int] = dict.fromkeys(("AUD", "CAD", "EUR", "GBP", "JPY", "USD"), 1)
REFUND_MINIMUM_MINOR: Mapping[str, int] = {}
