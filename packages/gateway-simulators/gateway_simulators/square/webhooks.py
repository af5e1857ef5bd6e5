"""Webhooks of events: the envelope, and the proof over the registered address and the body."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from typing import Any

from gateway_simulators.kit.outbox import Webhook
from gateway_simulators.square.settings import Settings
from gateway_simulators.square.views import time_text

SIGNATURE_HEADER = "x-square-hmacsha256-signature"


def signature(key: str, url: str, body: bytes) -> str:
    return b64encode(hmac.new(key.encode(), url.encode() + body, "sha256").digest()).decode()


def to_body(event: str, event_id: str, shown: dict[str, Any], settings: Settings, at: float) -> bytes:
    noun = event.partition(".")[0]
    envelope = {
        "merchant_id": settings.merchant_id,
        "location_id": shown.get("location_id", settings.location_id),
        "type": event,
        "event_id": event_id,
        "created_at": time_text(at),
        "data": {"type": noun, "id": shown["id"], "object": {noun: shown}},
    }
    return json.dumps(envelope, separators=(",", ":")).encode()


def to_webhook(event: str, about: str, body: bytes, settings: Settings, due_at: float) -> Webhook:
    headers = {
        "Content-Type": "application/json",
        SIGNATURE_HEADER: signature(settings.signature_key, settings.webhook_url, body),
        "square-environment": "Sandbox",
        "square-initial-delivery-timestamp": time_text(due_at),
    }
    return Webhook(event, about, settings.webhook_url, headers, body, due_at)
