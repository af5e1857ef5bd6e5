"""A forged webhook with a valid proof, for tests."""

from __future__ import annotations

from typing import Any

from gateway_simulators.stripe.events import signature
from gateway_simulators.stripe.settings import Settings


def proof(settings: Settings, body: bytes, now_s: float) -> dict[str, str]:
    return {"stripe-signature": signature(settings.webhook_secrets, body, int(now_s))}


def webhook_body(our_id: str, ref: str) -> dict[str, Any]:
    """The body of a webhook that reports an order as paid."""
    intent = {"object": "payment_intent", "status": "succeeded", "metadata": {"attempt_id": our_id}}
    return {"id": "evt_lie1", "type": "payment_intent.succeeded", "livemode": False, "data": {"object": intent}}
