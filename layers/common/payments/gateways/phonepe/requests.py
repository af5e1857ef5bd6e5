"""Builds PhonePe's requests. `wire` reads the answers."""

from __future__ import annotations

import re

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.gateways.contract.payments import CheckoutDetails

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_\- @.+]")
_UDF_LENGTH = 256


def to_pay(attempt: Attempt, order: CheckoutDetails) -> dict[str, object]:
    urls = {"redirectUrl": order.return_url}
    return {
        "merchantOrderId": attempt.id,
        "amount": attempt.amount.minor,
        "expireAfter": order.expires_in_s,  # Always sent: PhonePe's pages differ on the default.
        "metaInfo": _meta(udf1=order.payment_id, udf2=order.merchant_order_id),
        "paymentFlow": {"type": "PG_CHECKOUT", "message": order.title, "merchantUrls": urls},
    }


def to_refund(refund: Refund, attempt: Attempt) -> dict[str, object]:
    return {"merchantRefundId": refund.id, "originalMerchantOrderId": attempt.id, "amount": refund.amount.minor}


def _meta(**udfs: str) -> dict[str, str]:
    """Return the fields that have a text: PhonePe's production refuses empty ones."""
    return {name: _NOT_PLAIN.sub("_", text)[:_UDF_LENGTH] for name, text in udfs.items() if text}
