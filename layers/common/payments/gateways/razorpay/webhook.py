"""Checks the proof of Razorpay's webhooks and reads their event. See docs/gateways/razorpay.md, Webhooks."""

from __future__ import annotations

import hashlib
import re

from payments.domain.values.ids import ATTEMPT, is_id
from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.kit.reading import object_in, object_of, text_of
from payments.gateways.kit.signatures import hex_signature, matches_any
from payments.gateways.razorpay import Settings
from payments.gateways.razorpay.codes import KIND_BY_EVENT
from payments.gateways.razorpay.fields import ORDER_REF, REF, code_in, our_id_in, refund_id
from payments.gateways.transport.http import Answer

_NAMED = ("order", "qr_code")  # Only our server creates these. A payment's notes may come from a browser.


def is_genuine(request: WebhookRequest, settings: Settings) -> bool:
    """Return whether the header has the HMAC of the raw body."""
    proofs = [hex_signature(secret, request.body) for secret in settings.webhook_secrets]
    return matches_any([request.headers.get("x-razorpay-signature", "")], proofs)


def from_webhook(body: bytes) -> GatewayEvent:
    """Return the event. An unreadable body is an event of the kind IGNORED."""
    envelope = object_in(body)
    event_type = code_in(envelope, "event", 100).lower()
    kind, name = KIND_BY_EVENT.get(event_type, (EventKind.IGNORED, ""))
    told = object_of(envelope.get("payload"))
    entity = _entity(told, name)
    subject_id = refund_id(entity) if kind is EventKind.REFUND else ""
    if name in _NAMED and is_id(ATTEMPT, our_id_in(entity)):
        subject_id = our_id_in(entity)
    if kind is EventKind.REFUND and not subject_id:  # Made at the dashboard, or for a lapsed authorization.
        kind = EventKind.PAYMENT
    subject_ref = _subject_ref(kind, name, entity, told)
    # Razorpay's event id is a header, which the proof does not cover: a copy could have another.
    event_id = hashlib.sha256(body).hexdigest()
    kind = kind if subject_id or subject_ref else EventKind.IGNORED
    return GatewayEvent(event_id, kind, event_type, subject_id, code_in(entity, "status", 32), subject_ref)


def _subject_ref(kind: EventKind, name: str, entity: Answer, told: Answer) -> str:
    """Return the id of the dispute or of our refund; else of the order or QR code; else of the payment."""
    if kind in (EventKind.DISPUTE, EventKind.REFUND):
        return _ref(entity, "id", REF)
    if name == "refund":
        return _ref(_entity(told, "payment"), "order_id", ORDER_REF) or _ref(entity, "payment_id", REF)
    return _ref(entity, "order_id" if name == "payment" else "id", ORDER_REF) if name else ""


def _entity(told: Answer, name: str) -> Answer:
    return object_of(object_of(told.get(name)).get("entity"))


def _ref(entity: Answer, name: str, shape: re.Pattern[str]) -> str:
    ref = text_of(entity, name)
    return ref if shape.fullmatch(ref) else ""
