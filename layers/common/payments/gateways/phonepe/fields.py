"""Reads fields that several of PhonePe's answers have. A ValueError names a missing or malformed one."""

from __future__ import annotations

import re

from payments.gateways.kit.reading import currency_in
from payments.gateways.transport.http import Answer

DISPUTE_REF = re.compile(r"[A-Za-z0-9_-]{1,64}")


def currency_of(answer: Answer) -> str:
    """Return the ISO 4217 code; INR if the answer names none."""
    currency = answer.get("currency")
    if not isinstance(currency, str | None):
        raise ValueError("amount, currency")
    return currency_in(currency) if currency else "INR"
