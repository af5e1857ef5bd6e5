"""Checks the signature of PayPal's webhooks and reads their event. See docs/gateways/paypal.md, Webhooks."""

from __future__ import annotations

import hashlib
import re
import zlib
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from payments.domain.values.clock import Clock
from payments.gateways.contract.errors import GatewayError, Rejected, Unavailable
from payments.gateways.contract.webhooks import EventKind, GatewayEvent, WebhookRequest
from payments.gateways.kit.hosts import Endpoint
from payments.gateways.kit.reading import code_of, object_in, object_of, our_id, text_of
from payments.gateways.paypal import Settings, certificates_of
from payments.gateways.paypal.codes import KIND_BY_EVENT
from payments.gateways.paypal.fields import DISPUTE_REF, REF, capture_ref_of, related_ids, unit_of
from payments.gateways.transport.http import Answer, Http
from payments.record import record

if TYPE_CHECKING:
    from payments.gateways.paypal.certificate import Certificate

_ALGORITHM = "SHA256withRSA"
_OLDEST, _NEWEST = timedelta(days=4), timedelta(hours=1)  # PayPal retries for three days; clocks differ.
_CERTIFICATES_MAX = 16
_PEM_MAX = 100_000

_ID = re.compile(r"[!-~]{1,50}")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{300,1400}={0,2}")  # 2048 to 8192 bits.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_SIGNER = re.compile(r"(?:[a-z0-9-]+\.)+paypal\.com", re.IGNORECASE)
_REVERSED = "PAYMENT.CAPTURE.REVERSED"  # In PayPal's sample the resource is a refund, not a capture.
_EVENT_ID = re.compile(r"[A-Za-z0-9-]{4,100}")


@record
class _Claim:
    """The headers of a webhook that prove it; their form is already checked."""

    transmission_id: str
    transmission_time: str
    signature: str
    certificate_url: str

    def message(self, webhook_id: str, body: bytes) -> bytes:
        """Return the signed bytes. They contain the CRC-32 of the raw body, not the body itself."""
        return f"{self.transmission_id}|{self.transmission_time}|{webhook_id}|{zlib.crc32(body)}".encode()


class Proof:
    """Checks signatures for one adapter. Certificates are cached by URL; their dates are checked each time."""

    def __init__(self, endpoint: Endpoint, http: Http, clock: Clock) -> None:
        self._http, self._clock = http, clock
        self._certificates = certificates_of(endpoint)
        self._certificate_by_url: dict[str, Certificate] = {}

    def is_genuine(self, request: WebhookRequest, settings: Settings) -> bool:
        """Return whether PayPal signed the body. Raises Unavailable if no valid certificate can be fetched now."""
        claim = self._claim(request.headers)
        if claim is None or not settings.webhook_ids:
            return False
        try:
            certificate = self._certificate(claim.certificate_url)
        except Rejected:  # PayPal has no such certificate: anybody can invent its URL.
            return False
        except GatewayError as error:
            raise Unavailable(f"no good certificate: {error}", http_status=error.http_status) from None
        except ValueError as error:  # No certificate, expired, or of another name.
            raise Unavailable(f"no good certificate: {error}") from None
        signature = b64decode(claim.signature)
        return any(certificate.has_signed(claim.message(id_, request.body), signature) for id_ in settings.webhook_ids)

    def _claim(self, headers: Mapping[str, str]) -> _Claim | None:
        names = ("id", "time", "sig")
        transmission_id, sent_at, signature = (headers.get(f"paypal-transmission-{name}", "") for name in names)
        url = headers.get("paypal-cert-url", "")
        is_shaped = (
            headers.get("paypal-auth-algo") == _ALGORITHM
            and _ID.fullmatch(transmission_id)
            and "|" not in transmission_id
            and _SIGNATURE.fullmatch(signature)
            and len(signature) % 4 == 0
            and self._certificates.fullmatch(url)
        )
        if not is_shaped or not self._is_recent(sent_at):
            return None
        return _Claim(transmission_id, sent_at, signature, url)

    def _is_recent(self, sent_at: str) -> bool:
        if not _TIME.fullmatch(sent_at):
            return False
        try:
            age = self._clock.now() - datetime.fromisoformat(sent_at).astimezone(UTC)
        except (ValueError, OverflowError):
            return False
        return -_NEWEST <= age <= _OLDEST

    def _certificate(self, url: str) -> Certificate:
        """Raises GatewayError if it cannot be fetched, ValueError if it is not valid."""
        from payments.gateways.paypal.certificate import read_certificate  # Only the webhook function can import it.

        now, certificate = self._clock.now(), self._certificate_by_url.get(url)
        if certificate is None or not certificate.is_valid(now):  # An expired one may have been renewed at its URL.
            pem = self._http.read_text(url)
            certificate = read_certificate(pem[:_PEM_MAX])
        if not certificate.is_valid(now) or not _SIGNER.fullmatch(certificate.common_name):
            raise ValueError("dates or name of the certificate")
        if len(self._certificate_by_url) >= _CERTIFICATES_MAX:
            self._certificate_by_url.clear()
        self._certificate_by_url[url] = certificate
        return certificate


def from_webhook(body: bytes) -> GatewayEvent:
    """Return the event. An unreadable body is an event of the kind IGNORED."""
    envelope = object_in(body)
    event_type, resource = code_of(envelope, "event_type"), object_of(envelope.get("resource"))
    kind, subject_id, subject_ref = _subject_of(event_type, resource)
    event_id = text_of(envelope, "id")
    if not _EVENT_ID.fullmatch(event_id):
        event_id = hashlib.sha256(body).hexdigest()
    return GatewayEvent(event_id, kind, event_type, subject_id, code_of(resource, "status", 32), subject_ref)


def _subject_of(event_type: str, resource: Answer) -> tuple[EventKind, str, str]:
    """Return kind, our id, and PayPal's id if ours is missing."""
    kind = KIND_BY_EVENT.get(event_type, EventKind.IGNORED)
    if kind is EventKind.DISPUTE:
        return _of_dispute(resource)
    if kind is EventKind.REFUND or (event_type == _REVERSED and capture_ref_of(resource)):
        return _of_refund(resource)
    ours = next(filter(None, (our_id(resource, "custom_id"), our_id(unit_of(resource), "custom_id"))), "")
    order_ids = (
        text_of(related_ids(resource), "order_id"),
        text_of(resource, "order_id"),
        text_of(resource, "id"),
    )
    order_id = next((text for text in order_ids if REF.fullmatch(text)), "")
    is_about_one = bool(ours or order_id) and kind is EventKind.PAYMENT
    return (kind if is_about_one else EventKind.IGNORED), ours, "" if ours else order_id


def _of_refund(resource: Answer) -> tuple[EventKind, str, str]:
    """Read a refund's event. A refund that we did not request has our attempt's id, or only a link to its capture."""
    echoes = [our_id(resource, name) for name in ("custom_id", "invoice_id")]
    if echoes[0].startswith("rfd_"):
        return EventKind.REFUND, echoes[0], ""
    attempt_id = next((echo for echo in echoes if echo.startswith("att_")), "")
    capture_ref = "" if attempt_id else capture_ref_of(resource)
    return (EventKind.PAYMENT if attempt_id or capture_ref else EventKind.IGNORED), attempt_id, capture_ref


def _of_dispute(resource: Answer) -> tuple[EventKind, str, str]:
    ref = text_of(resource, "dispute_id")
    return (EventKind.DISPUTE, "", ref) if DISPUTE_REF.fullmatch(ref) else (EventKind.IGNORED, "", "")
