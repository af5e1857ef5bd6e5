"""Webhooks of events: the envelope, and the proof over its bytes."""

from __future__ import annotations

import hmac
import json

from gateway_simulators.kit.outbox import Webhook
from gateway_simulators.razorpay.records import WebhookEvent
from gateway_simulators.razorpay.settings import Settings

# Retries with exponential back-off for most of a day; Razorpay publishes no exact schedule.
RETRY_AFTER_SECONDS = tuple(5.0 * 3**n for n in range(9))


def body_proof(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def checkout_proof(key_secret: str, order_id: str, payment_id: str) -> str:
    return hmac.new(key_secret.encode(), f"{order_id}|{payment_id}".encode(), "sha256").hexdigest()


def to_webhook(webhook_event: WebhookEvent, event_id: str, settings: Settings, due_at: float) -> Webhook:
    body = json.dumps(_envelope(webhook_event, settings), separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Razorpay-Signature": body_proof(settings.webhook_secret, body),
        "x-razorpay-event-id": event_id,  # One id per event, not per delivery; the proof does not cover it.
    }
    return Webhook(webhook_event.event, webhook_event.about, settings.webhook_url, headers, body, due_at)


def _envelope(webhook_event: WebhookEvent, settings: Settings) -> dict[str, object]:
    return {
        "entity": "event",
        "account_id": settings.account_id,
        "event": webhook_event.event,
        "contains": list(webhook_event.entities),
        "payload": {name: {"entity": entity} for name, entity in webhook_event.entities.items()},
        "created_at": int(webhook_event.at),
    }
