from __future__ import annotations

from typing import Any

import pytest

from payments.api.errors import Refusal
from payments.api.forms import from_body
from payments.api.payment.requests import PaymentRequest
from payments.api.request import Request

GOOD = '"merchant_order_id": "ORDER-1", "currency": "INR", "return_url": "https://shop.example/"'


def request(raw: str = "", query: str = "", headers: dict[str, str] | None = None) -> Request:
    return Request.of(
        {
            "rawPath": "/v1/payments",
            "rawQueryString": query,
            "headers": {"content-type": "application/json"} | (headers or {}),
            "requestContext": {"http": {"method": "POST"}},
            "body": raw,
        }
    )


def refusal(raw: str, model: Any = PaymentRequest) -> Refusal:
    with pytest.raises(Refusal) as refused:
        from_body(model, request(raw))
    return refused.value
