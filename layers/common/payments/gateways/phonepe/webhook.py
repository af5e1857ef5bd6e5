"""Checks the proof of PhonePe's webhooks and reads their event. See docs/gateways/phonepe.md, Webhooks."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from payments.domain.values.ids import REFUND
from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.facts.phonepe import HMAC
from payments.gateways.kit.reading import code_of, object_in, object_of, our_id, text_of
from payments.gateways.kit.signatures import base64_signature, hex_signature, matches_any
from payments.gateways.phonepe import Settings
from payments.gateways.phonepe.codes import KIND_BY_EVENT
from payments.gateways.phonepe.fields import DISPUTE_REF


def is_genuine(request: WebhookRequest, settings: Settings) -> bool:
    """Return whether a header has the login's SHA-256 or the body's HMAC, as the setting `webhook_auth` says."""
    if settings.webhook_auth == HMAC:
        names, secrets = settings.signature_headers, settings.webhook_secrets
        proofs = [proof(key, request.body) for key in secrets for proof in (hex_signature, base64_signature)]
    else:
        # A constant per login: it proves the sender, but not the body.
        names, proofs = ("authorization",), [sha256(login.encode()).hexdigest() for login in settings.webhook_logins]
    return matches_any([request.headers.get(name, "") for name in names], proofs)


def from_webhook(body: bytes) -> GatewayEvent:
    """Return the event. An unreadable body is an event of the kind IGNORED."""
    envelope = object_in(body)
    payload = object_of(envelope.get("payload", envelope))
    event_type = (code_of(envelope, "event", 100) or code_of(envelope, "type", 100)).lower().replace("_", ".")
    state = code_of(payload, "state", 32) or code_of(payload, "status", 32)
    event = GatewayEvent(sha256(body).hexdigest(), EventKind.IGNORED, event_type, state=state)
    kind, refund_id = KIND_BY_EVENT.get(event_type, EventKind.IGNORED), our_id(payload, "merchantRefundId")
    if kind is EventKind.REFUND or (not event_type and refund_id):  # Older refund webhooks have no envelope.
        return _of_refund(event, refund_id, our_id(payload, "originalMerchantOrderId"))
    if kind is EventKind.DISPUTE:
        ref = text_of(payload, "disputeId")
        return replace(event, kind=kind, subject_ref=ref) if DISPUTE_REF.fullmatch(ref) else event
    order_id = our_id(payload, "merchantOrderId")
    return replace(event, kind=kind if order_id else EventKind.IGNORED, subject_id=order_id)


def _of_refund(event: GatewayEvent, refund_id: str, order_id: str) -> GatewayEvent:
    """Return the refund's event; without our id that of its order, with `refund_ref`, as the order shows no total."""
    if refund_id.startswith(REFUND):
        return replace(event, kind=EventKind.REFUND, subject_id=refund_id)
    if refund_id and order_id:
        return replace(event, kind=EventKind.PAYMENT, subject_id=order_id, refund_ref=refund_id)
    return event
