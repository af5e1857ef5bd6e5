"""WebhookEvent and its proof, for whoever tells a lie in a webhook."""

from __future__ import annotations

from typing import Any

from gateway_simulators.phonepe.settings import Settings
from gateway_simulators.phonepe.webhooks import constant_proof


def proof(settings: Settings, body: bytes, now_s: float) -> dict[str, str]:
    """It covers no byte of the body."""
    return {"authorization": constant_proof(settings.webhook_user, settings.webhook_password)}


def webhook_body(our_id: str, ref: str) -> dict[str, Any]:
    """That an order is paid."""
    return {
        "event": "checkout.order.completed",
        "payload": {"merchantOrderId": our_id, "state": "COMPLETED", "amount": 1},
    }
