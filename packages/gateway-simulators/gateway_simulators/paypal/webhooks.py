"""Webhooks of events: the envelope, its signature, and PayPal's answer to a request that verifies one."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any

from gateway_simulators.kit.outbox import Webhook
from gateway_simulators.paypal.errors import refusal
from gateway_simulators.paypal.keys import CERTIFICATE_PATH, has_signed, sign
from gateway_simulators.paypal.settings import Settings
from gateway_simulators.paypal.views import time_text

_REQUESTED = {"auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time", "webhook_id"}
_SUMMARIES = {
    "CHECKOUT.ORDER.APPROVED": "An order has been approved by buyer",
    "PAYMENT.CAPTURE.COMPLETED": "Payment completed",
    "PAYMENT.CAPTURE.REFUNDED": "A capture payment was refunded",
    "PAYMENT.CAPTURE.REVERSED": "A capture payment was reversed",
    "CUSTOMER.DISPUTE.CREATED": "A new dispute opened",
}
_TYPE_BY_START = {
    "CHECKOUT.": "checkout-order", "PAYMENT.AUTHORIZATION.": "authorization", "PAYMENT.CAPTURE.REFUNDED": "refund",
    "PAYMENT.CAPTURE.REVERSED": "refund", "PAYMENT.CAPTURE.": "capture", "PAYMENT.REFUND.": "refund",
    "CUSTOMER.DISPUTE.": "dispute",
}  # fmt: skip


def to_body(event_id: str, event: str, resource: dict[str, Any], at: float) -> bytes:
    kind = next(kind for start, kind in _TYPE_BY_START.items() if event.startswith(start))
    envelope = {
        "id": event_id, "event_version": "1.0", "create_time": time_text(at), "resource_type": kind,
        "resource_version": "2.0", "event_type": event, "summary": _SUMMARIES.get(event, event), "resource": resource,
        "links": [],
    }  # fmt: skip
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def to_webhook(about: str, event: str, body: bytes, transmission_id: str, due_at: float, settings: Settings) -> Webhook:
    headers = {"Content-Type": "application/json", **signed(body, transmission_id, time_text(due_at), settings)}
    return Webhook(event, about, settings.webhook_url, headers, body, due_at)


def signed(body: bytes, transmission_id: str, sent_at: str, settings: Settings) -> dict[str, str]:
    message = _message(transmission_id, sent_at, settings.webhook_id, body)
    return {
        "PAYPAL-TRANSMISSION-ID": transmission_id,
        "PAYPAL-TRANSMISSION-TIME": sent_at,
        "PAYPAL-TRANSMISSION-SIG": sign(message),
        "PAYPAL-CERT-URL": settings.origin + CERTIFICATE_PATH,
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    }


def is_ours(question: bytes, settings: Settings) -> bool:
    """True if the signature covers the event's text exactly as it stands in the request."""
    request = _members(question)
    missing = sorted((_REQUESTED | {"webhook_event"}) - set(request))
    if missing:
        raise refusal("MISSING_REQUIRED_PARAMETER", f"/{missing[0]}")
    values = {name: request[name][0] for name in _REQUESTED}
    if not all(isinstance(value, str) for value in values.values()) or not isinstance(
        request["webhook_event"][0], dict
    ):
        raise refusal("INVALID_PARAMETER_SYNTAX")
    try:
        signature = b64decode(values["transmission_sig"], validate=True)
    except NotBase64:
        return False
    event = request["webhook_event"][1].encode()
    message = _message(values["transmission_id"], values["transmission_time"], settings.webhook_id, event)
    is_about_us = values["webhook_id"] == settings.webhook_id and values["auth_algo"] == "SHA256withRSA"
    return is_about_us and has_signed(message, signature)


def _message(transmission_id: str, sent_at: str, webhook_id: str, body: bytes) -> bytes:
    return f"{transmission_id}|{sent_at}|{webhook_id}|{zlib.crc32(body) & 0xFFFFFFFF}".encode()


def _members(text: bytes) -> dict[str, tuple[Any, str]]:
    """Each member of a JSON object with the text it was sent as. Of a name given twice the last one counts."""
    try:
        source = text.decode()
        if not isinstance(json.loads(source), dict):
            raise ValueError
    except ValueError:
        raise refusal("MALFORMED_REQUEST_JSON") from None
    decoder, found, at = json.JSONDecoder(), {}, _next(source, source.index("{") + 1)
    while source[at] != "}":
        name, at = decoder.raw_decode(source, at)
        start = _next(source, _next(source, at) + 1)
        value, at = decoder.raw_decode(source, start)
        found[name] = (value, source[start:at])
        at = _next(source, at)
        at = _next(source, at + 1) if source[at] == "," else at
    return found


def _next(source: str, at: int) -> int:
    while source[at] in " \t\r\n":
        at += 1
    return at
