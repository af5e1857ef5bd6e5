"""A forged webhook with a valid proof, for tests."""

from __future__ import annotations

from typing import Any

from gateway_simulators.razorpay.settings import Settings
from gateway_simulators.razorpay.webhooks import body_proof


def proof(settings: Settings, body: bytes, now_s: float) -> dict[str, str]:
    return {"x-razorpay-signature": body_proof(settings.webhook_secret, body)}


def webhook_body(our_id: str, ref: str) -> dict[str, Any]:
    """The body of a webhook that reports an order as paid. Razorpay sends no id of the merchant's."""
    return {"event": "order.paid", "payload": {"order": {"entity": {"id": ref, "status": "paid", "amount": 1}}}}
