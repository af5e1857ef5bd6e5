"""Who sent a webhook: PayPal's certificate says it, or PayPal itself, asked."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from payments.domain.clock import Clock
from payments.gateways.contract import GatewayError, Rejected, Unavailable, WebhookRequest
from payments.gateways.http import Answer, Http, address
from payments.gateways.paypal import NAME, POSTBACK, Settings, certificates_of
from payments.gateways.places import Place
from payments.gateways.reporting import FETCH_CERTIFICATE, FailedCall, OnFailed

if TYPE_CHECKING:
    from payments.gateways.paypal.certificate import Certificate

ALGORITHM = "SHA256withRSA"
OLDEST, NEWEST = timedelta(days=4), timedelta(hours=1)  # PayPal sends again for three days; clocks differ.
CERTIFICATES_MAX = 16
PEM_MAX = 100_000

_ID = re.compile(r"[!-~]{1,50}")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{300,1400}={0,2}")  # 2048 to 8192 bits.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_SIGNER = re.compile(r"(?:[a-z0-9-]+\.)+paypal\.com", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """The five headers of a delivery, each of the only shape that it may have."""

    transmission_id: str
    transmission_time: str
    signature: str
    certificate_url: str

    def message(self, webhook_id: str, body: bytes) -> bytes:
        """What is signed: the body by its checksum, as it came, byte for byte."""
        return f"{self.transmission_id}|{self.transmission_time}|{webhook_id}|{zlib.crc32(body)}".encode()

    def question(self, webhook_id: str, body: bytes) -> bytes:
        """The body goes in as it came: written anew it would no longer fit the signature."""
        asked = {
            "auth_algo": ALGORITHM,
            "cert_url": self.certificate_url,
            "transmission_id": self.transmission_id,
            "transmission_sig": self.signature,
            "transmission_time": self.transmission_time,
            "webhook_id": webhook_id,
        }
        return json.dumps(asked).encode()[:-1] + b', "webhook_event": ' + body + b"}"


class Proof:
    """Of one adapter. Certificates are kept by address; their dates are looked at each time."""

    def __init__(self, place: Place, http: Http, clock: Clock, on_failed: OnFailed) -> None:
        self._place, self._http, self._clock, self._on_failed = place, http, clock, on_failed
        self._certificates = certificates_of(place)
        self._certificate_by_url: dict[str, Certificate] = {}

    def is_genuine(self, request: WebhookRequest, settings: Settings) -> bool:
        """Raises GatewayError where nobody can tell now: PayPal has to send again."""
        claim = self._claim(request.headers)
        if claim is None or not settings.webhook_ids:
            return False
        if settings.webhook_proof == POSTBACK:
            return self._is_confirmed(claim, request.body, settings)
        try:
            certificate = self._certificate(claim.certificate_url)
        except (GatewayError, ValueError) as error:  # Not to be had, a page in its place, out of date.
            failure = error if isinstance(error, GatewayError) else Unavailable(f"no good certificate: {error}")
            self._on_failed(FailedCall(NAME, FETCH_CERTIFICATE, failure))
            return self._is_confirmed(claim, request.body, settings)
        signature = b64decode(claim.signature)
        return any(certificate.has_signed(claim.message(id_, request.body), signature) for id_ in settings.webhook_ids)

    def _claim(self, headers: Mapping[str, str]) -> Claim | None:
        names = ("id", "time", "sig")
        transmission_id, sent_at, signature = (headers.get(f"paypal-transmission-{name}", "") for name in names)
        url = headers.get("paypal-cert-url", "")
        is_shaped = (
            headers.get("paypal-auth-algo") == ALGORITHM
            and _ID.fullmatch(transmission_id)
            and "|" not in transmission_id
            and _SIGNATURE.fullmatch(signature)
            and len(signature) % 4 == 0
            and self._certificates.fullmatch(url)
        )
        if not is_shaped or not self._is_recent(sent_at):
            return None
        return Claim(transmission_id, sent_at, signature, url)

    def _is_recent(self, sent_at: str) -> bool:
        if not _TIME.fullmatch(sent_at):
            return False
        try:
            age = self._clock.now() - datetime.fromisoformat(sent_at).astimezone(UTC)
        except (ValueError, OverflowError):
            return False
        return -NEWEST <= age <= OLDEST

    def _certificate(self, url: str) -> Certificate:
        """Raises GatewayError, ValueError."""
        from payments.gateways.paypal.certificate import read_certificate  # The webhook function alone can import it.

        certificate = self._certificate_by_url.get(url)
        if certificate is None:
            pem = self._http.read_text(url)
            certificate = read_certificate(pem[:PEM_MAX])
        if not certificate.is_valid(self._clock.now()) or not _SIGNER.fullmatch(certificate.common_name):
            raise ValueError("dates or name of the certificate")
        if len(self._certificate_by_url) >= CERTIFICATES_MAX:
            self._certificate_by_url.clear()
        self._certificate_by_url[url] = certificate
        return certificate

    def _is_confirmed(self, claim: Claim, body: bytes, settings: Settings) -> bool:
        return _is_one_object(body) and any(self._says_yes(claim.question(id_, body)) for id_ in settings.webhook_ids)

    def _says_yes(self, question: bytes) -> bool:
        url = address(self._place.origin, "v1", "notifications", "verify-webhook-signature")
        try:
            return self._http.ask(url, _verdict, question)
        except Rejected as error:
            if error.http_status in (400, 422):  # Of these headers no sense can be made.
                return False
            raise


def _verdict(answer: Answer) -> bool:
    status = answer.get("verification_status")
    if status not in ("SUCCESS", "FAILURE"):
        raise ValueError("verification_status")
    return bool(status == "SUCCESS")


def _is_one_object(body: bytes) -> bool:
    """Else it could end the question early, and go on with a webhook id and a signature of its own."""
    try:
        return isinstance(json.loads(body.decode("utf-8")), dict)
    except (ValueError, RecursionError):
        return False
