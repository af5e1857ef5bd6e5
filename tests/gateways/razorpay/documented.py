"""What docs/gateways/razorpay.md says, written out."""

from __future__ import annotations

from typing import Any

from payments.domain.values.terms import MethodType
from tests.gateways.documented import Facts

FACTS = Facts(180, 10, partial_capture=False, checkout_authorization=True, refund_minimum={"INR": 100})
TAKES = [
    ("IN", "INR", {MethodType.UPI, MethodType.CARD, MethodType.NETBANKING, MethodType.WALLET, MethodType.EMI}),
    ("IN", "AED AUD CAD EUR GBP JPY SGD USD", {MethodType.CARD}),
]
HINTS = {
    "The requested URL was not found on the server.": "not enabled for this account",
    "The id provided does not exist": "check key_id",
    "Authentication failed": "check key_id and key_secret",
}


def refusal(code: str) -> dict[str, Any]:
    return {"error": {"code": "BAD_REQUEST_ERROR", "description": code}}
