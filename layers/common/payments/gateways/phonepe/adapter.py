"""PhonePe behind the gateway contract: build, send, translate. It decides nothing and keeps nothing."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import ClassVar
from urllib.parse import quote

from payments.domain.clock import Clock
from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.domain.status import Status
from payments.gateways.contract import (
    Checkout,
    CheckoutOrder,
    GatewayError,
    GatewayEvent,
    OutcomeUnknown,
    Rejected,
    Snapshot,
    WebhookForged,
    WebhookRequest,
)
from payments.gateways.http import Http
from payments.gateways.phonepe import HMAC, NAME, PhonePeSecret, PhonePeSettings, wire
from payments.gateways.tokens import Token

_EXISTS = (409, 417)


class PhonePe:
    name: ClassVar[str] = NAME
    minimum_minor: ClassVar[Mapping[str, int]] = {"INR": 100}
    refund_minimum_minor: ClassVar[int] = 100
    refund_window: ClassVar[timedelta] = timedelta(days=90)
    has_one_refund_at_a_time: ClassVar[bool] = True

    def __init__(self, settings: PhonePeSettings, http: Http, secret: Callable[[], PhonePeSecret]) -> None:
        self._settings, self._http, self._secret = settings, http, secret
        self._pg_url, self.merchant_ref = settings.pg_url, settings.merchant_id

    def create_checkout(self, attempt: Attempt, order: CheckoutOrder) -> Checkout:
        parse = partial(wire.from_pay, pay_page=self._settings.pay_page)
        try:
            return self._http.write(f"{self._pg_url}/checkout/v2/pay", parse, wire.to_pay(attempt, order))
        except Rejected as error:
            raise _unless_it_exists(error, wire.ORDER_EXISTS) from None

    def fetch_payment(self, attempt: Attempt) -> Snapshot:
        url = f"{self._pg_url}/checkout/v2/order/{quote(attempt.id, safe='')}/status"
        try:
            parse = partial(wire.from_payment, attempt=attempt)
            return self._http.read(url, parse, {"details": "true", "errorContext": "true"})
        except Rejected as error:
            return _created(error, wire.NO_SUCH_ORDER)

    def create_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        parse = partial(wire.from_refund, attempt=attempt)
        try:
            return self._http.write(f"{self._pg_url}/payments/v2/refund", parse, wire.to_refund(refund, attempt))
        except Rejected as error:
            raise _unless_it_exists(error, wire.REFUND_EXISTS) from None

    def fetch_refund(self, refund: Refund, attempt: Attempt) -> Snapshot:
        url = f"{self._pg_url}/payments/v2/refund/{quote(refund.id, safe='')}/status"
        try:
            return self._http.read(url, partial(wire.from_refund, attempt=attempt), {})
        except Rejected as error:
            return _created(error, wire.NO_SUCH_REFUND)

    def read_webhook(self, request: WebhookRequest) -> GatewayEvent:
        if not _is_genuine(request, self._settings, self._secret()):
            raise WebhookForged(self.name)
        return wire.from_webhook(request.body)


def fetch_token(http: Http, settings: PhonePeSettings, secret: Callable[[], PhonePeSecret], clock: Clock) -> Token:
    client_secret = secret().client_secret
    if not settings.client_id or not client_secret:
        raise Rejected("PhonePe's credentials are not set: PHONEPE_CLIENT_ID, and client_secret in its secret")
    form = {
        "client_id": settings.client_id,
        "client_secret": client_secret,
        "client_version": settings.client_version,
        "grant_type": "client_credentials",
    }
    try:
        parse = partial(wire.from_token, asked_at=clock.now())
        return http.read_token(f"{settings.oauth_url}/v1/oauth/token", parse, form)
    except Rejected as error:
        hint = "check PHONEPE_CLIENT_ID, PHONEPE_CLIENT_VERSION, GATEWAY_MODE and client_secret in its secret"
        raise Rejected(f"{error}: {hint}", code=error.code, http_status=error.http_status) from None


def _unless_it_exists(error: Rejected, codes: Collection[str]) -> GatewayError:
    """An id that is used already is ours, from a call whose answer was lost."""
    if error.http_status in _EXISTS or error.code in codes:
        return OutcomeUnknown(f"{error}: it exists", code=error.code, http_status=error.http_status)
    return error


def _created(error: Rejected, codes: Collection[str]) -> Snapshot:
    if error.code not in codes:
        raise error
    return Snapshot(Status.CREATED)


def _is_genuine(request: WebhookRequest, settings: PhonePeSettings, secret: PhonePeSecret) -> bool:
    if settings.webhook_auth == HMAC:
        proofs = [proof for key in secret.webhook_secrets for proof in _body_proofs(key, request.body)]
        given = [request.headers.get(name, "") for name in settings.signature_headers]
    else:
        # A constant: it says who sent this, never what it says.
        proofs = [hashlib.sha256(login.encode()).hexdigest() for login in secret.webhook_logins]
        given = [request.headers.get("authorization", "")]
    return any(hmac.compare_digest(proof.encode(), text.encode(errors="replace")) for proof in proofs for text in given)


def _body_proofs(key: str, body: bytes) -> tuple[str, str]:
    digest = hmac.new(key.encode(), body, "sha256").digest()
    return digest.hex(), b64encode(digest).decode()
