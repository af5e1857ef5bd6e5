"""What PayPal's webhooks are about, once their proof was checked."""

from __future__ import annotations

import hashlib
import re

from payments.gateways.contract import EventKind, GatewayEvent
from payments.gateways.http import Answer
from payments.gateways.paypal.shapes import DISPUTE_REF, REF, capture_ref_of, related_of, unit_of
from payments.gateways.paypal.words import KIND_BY_EVENT
from payments.gateways.reading import code_of, object_in, object_of, our_id, text_of

_REVERSED = "PAYMENT.CAPTURE.REVERSED"  # In PayPal's published sample its resource is a refund, not the capture.
_EVENT_ID = re.compile(r"[A-Za-z0-9-]{4,100}")


def from_webhook(body: bytes) -> GatewayEvent:
    """An unreadable body is an event of the kind IGNORED."""
    envelope = object_in(body)
    word, resource = code_of(envelope, "event_type"), object_of(envelope.get("resource"))
    kind, subject_id, subject_ref = _news(word, resource)
    event_id = text_of(envelope, "id")
    if not _EVENT_ID.fullmatch(event_id):
        event_id = hashlib.sha256(body).hexdigest()
    return GatewayEvent(event_id, kind, word, subject_id, code_of(resource, "status", 32), subject_ref)


def _news(word: str, resource: Answer) -> tuple[EventKind, str, str]:
    """Kind, our id, and PayPal's id where ours is missing."""
    kind = KIND_BY_EVENT.get(word, EventKind.IGNORED)
    if kind is EventKind.DISPUTE:
        return _of_dispute(resource)
    if kind is EventKind.REFUND or (word == _REVERSED and capture_ref_of(resource)):
        return _of_refund(resource)
    ours = next(filter(None, (our_id(resource, "custom_id"), our_id(unit_of(resource), "custom_id"))), "")
    order_ids = (
        text_of(related_of(resource), "order_id"),
        text_of(resource, "order_id"),
        text_of(resource, "id"),
    )
    order_id = next((text for text in order_ids if REF.fullmatch(text)), "")
    is_about_one = bool(ours or order_id) and kind is EventKind.PAYMENT
    return (kind if is_about_one else EventKind.IGNORED), ours, "" if ours else order_id


def _of_refund(resource: Answer) -> tuple[EventKind, str, str]:
    """A refund made by PayPal or at its dashboard carries our payment's id or none, and links to its capture."""
    echoes = [our_id(resource, name) for name in ("custom_id", "invoice_id")]
    if echoes[0].startswith("rfd_"):
        return EventKind.REFUND, echoes[0], ""
    attempt_id = next((echo for echo in echoes if echo.startswith("att_")), "")
    capture_ref = "" if attempt_id else capture_ref_of(resource)
    return (EventKind.PAYMENT if attempt_id or capture_ref else EventKind.IGNORED), attempt_id, capture_ref


def _of_dispute(resource: Answer) -> tuple[EventKind, str, str]:
    ref = text_of(resource, "dispute_id")
    return (EventKind.DISPUTE, "", ref) if DISPUTE_REF.fullmatch(ref) else (EventKind.IGNORED, "", "")
