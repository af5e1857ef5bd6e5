"""A forged webhook with a valid proof, for tests."""

from __future__ import annotations

from typing import Any

from gateway_simulators.paypal.settings import Settings
from gateway_simulators.paypal.views import time_text
from gateway_simulators.paypal.webhooks import signed


def proof(settings: Settings, body: bytes, now_s: float) -> dict[str, str]:
    return dict(signed(body, f"{now_s:.3f}", time_text(now_s), settings))


def webhook_body(our_id: str, ref: str) -> dict[str, Any]:
    """The body of a webhook that reports an order as paid."""
    return {
        "id": "WH-LIE-1",
        "event_type": "PAYMENT.CAPTURE.COMPLETED",
        "resource": {"custom_id": our_id, "status": "COMPLETED"},
    }
