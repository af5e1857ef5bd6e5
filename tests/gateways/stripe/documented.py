"""What docs/gateways/stripe.md says, written out."""

from __future__ import annotations

from typing import Any

from payments.domain.values.terms import MethodType
from tests.gateways.documented import Facts

FACTS = Facts(180, 30, refund_in_dispute=False, partial_capture=True, checkout_authorization=True)
TAKES = [
    (
        "AU CA DE ES FR GB IE IT JP NL SG US",
        "AED AUD CAD CHF DKK EUR GBP HKD INR JPY NOK NZD PLN SEK SGD USD",
        {MethodType.CARD, MethodType.WALLET},
    ),
    ("IN", "INR USD EUR GBP", {MethodType.CARD}),
]
HINTS = {
    "livemode_mismatch": "a test key for a live object",
    "testmode_charges_only": "not activated yet",
    "api_key_expired": "put a new secret_key",
    "payment_method_types_no_longer_supported": "our bug",
}


def refusal(code: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "code": code}}
