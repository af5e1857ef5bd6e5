"""Webhooks of events: the envelope, and the proof in either of PhonePe's two modes."""

from __future__ import annotations

import hashlib
import hmac
import json

from gateway_simulators.kit.outbox import Webhook
from gateway_simulators.phonepe.records import WebhookEvent
from gateway_simulators.phonepe.settings import HMAC, Settings


def constant_proof(user: str, password: str) -> str:
    """SHA-256 of `user:password` in lower-case hex, without a prefix. It does not cover the body."""
    return hashlib.sha256(f"{user}:{password}".encode()).hexdigest()


def body_proof(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def to_webhook(webhook_event: WebhookEvent, settings: Settings, due_at: float) -> Webhook:
    body = json.dumps(_envelope(webhook_event, settings), separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", **_proof(webhook_event.merchant_id, body, settings)}
    return Webhook(
        webhook_event.event,
        webhook_event.about,
        settings.merchant(webhook_event.merchant_id).webhook_url,
        headers,
        body,
        due_at,
    )


def _envelope(webhook_event: WebhookEvent, settings: Settings) -> dict[str, object]:
    old_name = {"type": webhook_event.event.upper().replace(".", "_")} if settings.webhook_has_type else {}
    return {**old_name, "event": webhook_event.event, "payload": webhook_event.payload}


def _proof(merchant_id: str, body: bytes, settings: Settings) -> dict[str, str]:
    if settings.webhook_auth == HMAC:
        signature = body_proof(settings.hmac_secret, body)
        return {"x-phonepe-checksum-key-id": settings.hmac_key_id, settings.hmac_signature_header: signature}
    merchant = settings.merchant(merchant_id)
    return {"Authorization": constant_proof(merchant.webhook_user, merchant.webhook_password)}
