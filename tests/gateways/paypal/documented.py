"""What docs/gateways/paypal.md says, written out."""

from __future__ import annotations

from typing import Any

from payments.domain.values.terms import MethodType
from tests.gateways.documented import Facts

FACTS = Facts(
    180, 30, partial_capture=True, checkout_authorization=True, refund_minimum={"HUF": 100, "JPY": 1, "TWD": 100}
)
TAKES = [
    (
        "AU CA DE ES FR GB IE IN IT JP NL SG US",
        "AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD USD",
        {MethodType.PAYPAL, MethodType.CARD},
    )
]
HINTS = {
    "PERMISSION_DENIED": "the app lacks this feature",
    "NOT_AUTHORIZED": "the app lacks this feature",
    "PAYEE_ACCOUNT_RESTRICTED": "restricted the merchant's account",
}


def refusal(code: str) -> dict[str, Any]:
    return {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": code}]}
