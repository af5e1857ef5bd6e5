"""The least that PayPal takes and refunds: minor units by currency, 1 if not listed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

CHECKED_ON = date(2026, 11, 28)
SOURCE = "PayPal currency codes: no decimals of HUF, JPY and TWD, so one whole unit; no other minimum is published"

MINIMUM_MINOR: Mapping[str, int] = {"HUF": 100, "JPY": 1, "TWD": 100}
REFUND_MINIMUM_MINOR: Mapping[str, int] = {"HUF": 100, "JPY": 1, "TWD": 100}
