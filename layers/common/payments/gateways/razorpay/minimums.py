"""The least that Razorpay takes and refunds: minor units by currency, 1 if not listed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

CHECKED_ON = date(2026, 11, 28)
SOURCE = "Razorpay Orders and Refunds API: INR 1.00; nothing is published for other currencies"

MINIMUM_MINOR: Mapping[str, int] = {"INR": 100}
REFUND_MINIMUM_MINOR: Mapping[str, int] = {"INR": 100}
