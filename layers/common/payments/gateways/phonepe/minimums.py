"""The least that PhonePe takes and refunds: minor units by currency, 1 if not listed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

CHECKED_ON = date(2026, 11, 28)
SOURCE = "PhonePe PG v2, Create Payment and Refund: 100 paise; its PHP page says 1 for refunds, the others 100"

MINIMUM_MINOR: Mapping[str, int] = {"INR": 100}
REFUND_MINIMUM_MINOR: Mapping[str, int] = {"INR": 100}
