"""Checks the proof of Square's webhooks and reads their event. See docs/gateways/square.md, Webhooks."""

from __future__ import annotations

import hashlib
import re

from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.kit.reading import code_of, object_in, object_of, text_of
from payments.gateways.kit.signatures import base64_signature, matches_any
from payments.gateways.square import Settings
from payments.gateways.square.fields import ref_of, refund_id_of
from payments.gateways.transport.http import Answer

_SIGNATURE_HEADER = "x-square-hmacsha256-signature"
_ATTEMPT_ID = re.compile(r"att_[0-9A-Za-z]{26}")
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{8,100}")
_EVENT = re.compile(r"[a-z_]+(\.[a-z_]+)+")


def is_genuine(request: WebhookRequest, settings: Settings) -> bool:
    """Return whether the header has the HMAC of the registered URL and the raw body. No header shows that URL."""
    if not settings.notification_url:
        return False
    signed = settings.notification_url.encode() + request.body
    proofs = [base64_signature(key, signed) for key in settings.signature_keys]
    return matches_any([request.headers.get(_SIGNATURE_HEADER, "")], proofs)


def from_webhook(body: bytes) -> GatewayEvent:
    """Return the event. An unreadable body is an event of the kind IGNORED."""
    envelope = object_in(body)
    given_id, event_type = text_of(envelope, "event_id"), text_of(envelope, "type")[:100]
    event_id = given_id if _EVENT_ID.fullmatch(given_id) else hashlib.sha256(body).hexdigest()
    event_type = event_type if _EVENT.fullmatch(event_type) else ""
    noun = event_type.partition(".")[0]
    subject = object_of(object_of(object_of(envelope.get("data")).get("object")).get(noun))
    kind, subject_id, subject_ref = _subject_of(noun, subject)
    state = code_of(subject, "state" if kind is EventKind.DISPUTE else "status", 32)
    return GatewayEvent(event_id, kind, event_type, subject_id, state, subject_ref)


def _subject_of(noun: str, subject: Answer) -> tuple[EventKind, str, str]:
    """Return kind, our id and Square's id. A link's payment names only its order; a dashboard refund its payment."""
    attempt_id, kind, subject_id, subject_ref = text_of(subject, "reference_id"), EventKind.PAYMENT, "", ""
    if noun == "refund" and refund_id_of(subject):
        kind, subject_id, subject_ref = EventKind.REFUND, refund_id_of(subject), ref_of(subject, "id")
    elif noun == "refund":
        subject_ref = ref_of(subject, "payment_id")
    elif noun == "dispute":
        kind, subject_ref = EventKind.DISPUTE, ref_of(subject, "id", "dispute_id")
    elif noun == "payment" and _ATTEMPT_ID.fullmatch(attempt_id):
        subject_id, subject_ref = attempt_id, ref_of(subject, "id")
    elif noun == "payment":
        subject_ref = ref_of(subject, "order_id")
    return (kind, subject_id, subject_ref) if subject_id or subject_ref else (EventKind.IGNORED, "", "")
