"""A forged webhook with a valid proof, for tests."""

from __future__ import annotations

from typing import Any

from gateway_simulators.phonepe.settings import Settings
from gateway_simulators.phonepe.webhooks import constant_proof


def proof(settings: Settings, body: bytes, now_s: float) -> dict[str, str]:
    """The proof's header; the proof does not cover the body."""
    return {"authorization": constant_proof(settings.webhook_user, settings.webhook_password)}


def webhook_body(our_id: str, ref: str) -> dict[str, Any]:
    """The body of a webhook that reports an order as paid."""
    return {
        "event": "checkout.order.completed",
        "payload": {"merchantOrderId": our_id, "state": "COMPLETED", "amount": 1},
    }
