"""A forged webhook with a valid proof, for tests."""

from __future__ import annotations

from typing import Any

from gateway_simulators.square.settings import Settings
from gateway_simulators.square.webhooks import SIGNATURE_HEADER, signature


def proof(settings: Settings, body: bytes, now_s: float) -> dict[str, str]:
    return {SIGNATURE_HEADER: signature(settings.signature_key, settings.webhook_url, body)}


def webhook_body(our_id: str, ref: str) -> dict[str, Any]:
    """The body of a webhook that reports an order as paid."""
    amount = {"amount": 1, "currency": "USD"}
    payment = {"reference_id": our_id, "status": "COMPLETED", "amount_money": amount}
    return {"event_id": "lie-00000001", "type": "payment.updated", "data": {"object": {"payment": payment}}}
