"""What docs/gateways/phonepe.md says, written out."""

from __future__ import annotations

from typing import Any

from payments.domain.values.terms import MethodType
from tests.gateways.documented import Facts

FACTS = Facts(90, 10, one_refund_at_a_time=True, refund_minimum={"INR": 100})
TAKES = [("IN", "INR", {MethodType.UPI, MethodType.CARD, MethodType.NETBANKING})]
HINTS = {
    "KEY_NOT_CONFIGURED": "wrong environment",
    "FORBIDDEN": "has not enabled this product",
}


def refusal(code: str) -> dict[str, Any]:
    return {"code": code}
