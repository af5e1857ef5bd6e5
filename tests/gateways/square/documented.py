"""What docs/gateways/square.md says, written out."""

from __future__ import annotations

from typing import Any

from payments.domain.values.terms import MethodType
from tests.gateways.documented import Facts

FACTS = Facts(365, 14, refund_in_dispute=False, partial_capture=True, checkout_authorization=False)
TAKES = [
    (countries, currency, {MethodType.CARD, MethodType.WALLET})
    for countries, currency in (
        ("US", "USD"),
        ("CA", "CAD"),
        ("AU", "AUD"),
        ("GB", "GBP"),
        ("IE FR ES", "EUR"),
        ("JP", "JPY"),
    )
]
HINTS = {
    "FORBIDDEN": "check GATEWAY_MODE, and access_token",
    "INSUFFICIENT_SCOPES": "lacks a permission",
    "INVALID_LOCATION": "check location_id",
    "LOCATION_MISMATCH": "check location_id",
    "CURRENCY_MISMATCH": "its own currency only",
    "UNSUPPORTED_CURRENCY": "its own currency only",
    "CARD_PROCESSING_NOT_ENABLED": "has not enabled cards",
    "IDEMPOTENCY_KEY_REUSED": "two different requests",
}


def refusal(code: str) -> dict[str, Any]:
    return {"errors": [{"category": "INVALID_REQUEST_ERROR", "code": code}]}
