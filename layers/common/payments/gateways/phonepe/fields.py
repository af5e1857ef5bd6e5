"""Fields that several of PhonePe's answers have. A ValueError names one that we rely on and did not get."""

from __future__ import annotations

import re

from payments.gateways.kit.reading import currency_in
from payments.gateways.transport.http import Answer

DISPUTE_REF = re.compile(r"[A-Za-z0-9_-]{1,64}")


def currency_of(answer: Answer) -> str:
    currency = answer.get("currency")
    if not isinstance(currency, str | None):
        raise ValueError("amount, currency")
    return currency_in(currency) if currency else "INR"
