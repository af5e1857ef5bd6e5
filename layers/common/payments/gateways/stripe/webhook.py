"""Checks the signature of Stripe's webhooks and reads their event. See docs/gateways/stripe.md, Webhooks."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.kit.reading import code_of, object_in, object_of, our_id, text_of
from payments.gateways.kit.signatures import hex_signature, matches_any
from payments.gateways.stripe import Settings
from payments.gateways.stripe.codes import CHARGE_EVENTS, DISPUTE_EVENTS, PAYMENT_EVENTS, REFUND_EVENTS
from payments.gateways.stripe.fields import attempt_id_of, is_ref, ref_of
from payments.gateways.transport.http import Answer

_TOLERANCE_S = 300
_TIME = re.compile(r"[1-9]\d{0,11}")
_IGNORED = (EventKind.IGNORED, "", "")


def is_genuine(request: WebhookRequest, settings: Settings, now: datetime) -> bool:
    """Return whether one `v1` of `t=<unix>,v1=<hex>[,v1=<hex>…]` fits a secret, and `t` is within five minutes."""
    header = request.headers.get("stripe-signature", "")
    elements = [element.partition("=")[::2] for element in header[:4096].split(",")]
    time = next((value for name, value in elements if name == "t"), "")
    if not _TIME.fullmatch(time) or abs(now.timestamp() - int(time)) > _TOLERANCE_S:
        return False
    signed = time.encode() + b"." + request.body
    given = [value for name, value in elements if name == "v1"]
    return matches_any(given, [hex_signature(secret, signed) for secret in settings.webhook_secrets])


def from_webhook(body: bytes, *, is_live: bool) -> GatewayEvent:
    """Return the event. An unreadable body is an event of the kind IGNORED."""
    event = object_in(body)
    event_id, event_type = text_of(event, "id"), code_of(event, "type", 100)
    subject = object_of(object_of(event.get("data")).get("object"))
    is_ours = event.get("livemode") is is_live  # A test event at a live endpoint is ignored.
    kind, subject_id, subject_ref = _subject_of(event_type, subject) if is_ours else _IGNORED
    event_id = event_id if is_ref(event_id) else hashlib.sha256(body).hexdigest()
    return GatewayEvent(event_id, kind, event_type, subject_id, code_of(subject, "status", 32), subject_ref)


def _subject_of(event_type: str, subject: Answer) -> tuple[EventKind, str, str]:
    """Return kind, our id and Stripe's id. A refund made at the dashboard names only its payment."""
    kind, subject_id, subject_ref = _IGNORED
    if DISPUTE_EVENTS.fullmatch(event_type):
        kind, subject_ref = EventKind.DISPUTE, ref_of(subject, "id")
    elif event_type in REFUND_EVENTS and (subject_id := our_id(object_of(subject.get("metadata")), "refund_id")):
        kind, subject_ref = EventKind.REFUND, ref_of(subject, "id")
    elif event_type in REFUND_EVENTS | CHARGE_EVENTS:
        kind, subject_id, subject_ref = EventKind.PAYMENT, attempt_id_of(subject), ref_of(subject, "payment_intent")
    elif PAYMENT_EVENTS.fullmatch(event_type) and (subject_id := attempt_id_of(subject)):
        kind, subject_ref = EventKind.PAYMENT, ref_of(subject, "id")
    return (kind, subject_id, subject_ref) if subject_id or subject_ref else _IGNORED
