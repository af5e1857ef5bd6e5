"""WebhookEvent and its proof, for whoever tells a lie in a webhook."""

from __future__ import annotations

from typing import Any

from gateway_simulators.razorpay.settings import Settings
from gateway_simulators.razorpay.webhooks import body_proof


def proof(settings: Settings, body: bytes, now_s: float) -> dict[str, str]:
    return {"x-razorpay-signature": body_proof(settings.webhook_secret, body)}


def webhook_body(our_id: str, ref: str) -> dict[str, Any]:
    """That an order is paid. Razorpay tells no id of ours."""
    return {"event": "order.paid", "payload": {"order": {"entity": {"id": ref, "status": "paid", "amount": 1}}}}
