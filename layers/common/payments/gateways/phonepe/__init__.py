"""PhonePe's hosted checkout, version 2: the account's settings, and `build` for the adapter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from payments.gateways.facts import API
from payments.gateways.facts import phonepe as facts
from payments.gateways.kit.hosts import Endpoint, endpoint_of
from payments.gateways.kit.secret import Secret, secret_of
from payments.record import record

if TYPE_CHECKING:
    import httpx

    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.registry import GatewayParts
    from payments.gateways.transport.http import Http

NAME = "phonepe"
_SIGNATURE_HEADERS = (
    "x-phonepe-checksum-signature",
    "phonepe-checksum-signature",
)  # No document names it.


@record
class Settings:
    """Reads the account's secrets. Several logins or secrets overlap in a rotation; with none, webhooks are refused."""

    secret: Secret

    @property
    def client_id(self) -> str:
        return self.secret.text("client_id")

    @property
    def client_version(self) -> str:
        return self.secret.text("client_version") or "1"

    @property
    def client_secret(self) -> str:
        return self.secret.text("client_secret")

    @property
    def merchant_id(self) -> str:
        """If set, an answer about another merchant puts the payment into review."""
        return self.secret.text("merchant_id")

    @property
    def webhook_auth(self) -> str:
        return self.secret.text("webhook_auth") or facts.SHA256

    @property
    def webhook_logins(self) -> tuple[str, ...]:
        return self.secret.texts("webhook_logins")

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        return self.secret.texts("webhook_secrets")

    @property
    def signature_headers(self) -> tuple[str, ...]:
        header = self.secret.text("signature_header").lower()
        return (header,) if header else _SIGNATURE_HEADERS

    def check(self) -> Settings:
        """Return these settings. Raises Misconfigured if a credential is missing or a field is malformed."""
        self.secret.check(API)
        return self

    def require_webhook(self) -> None:
        """Raises Misconfigured if the webhook secret is missing or malformed."""
        self.secret.refuse_misfits("webhook_auth", "signature_header")
        self.secret.require("webhook_secrets" if self.webhook_auth == facts.HMAC else "webhook_logins")


def pg_url(endpoint: Endpoint) -> str:
    return endpoint.origin + facts.PATHS[endpoint.mode][0]


def oauth_url(endpoint: Endpoint) -> str:
    return endpoint.origin + facts.PATHS[endpoint.mode][1]


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.phonepe import wire
    from payments.gateways.phonepe.adapter import PhonePe
    from payments.gateways.transport.http import Http

    endpoint = endpoint_of(parts.settings, NAME, facts.HOSTS)
    read = secret_of(NAME, parts, facts.fields_of(endpoint.mode))

    def settings() -> Settings:
        return Settings(read())

    auth = partial(_auth, endpoint=endpoint, settings=settings, parts=parts)
    http = Http("PhonePe", {endpoint.origin}, wire.from_refusal, parts.deadline, auth, parts.transport)
    return PhonePe(endpoint, http, settings)


def _auth(http: Http, endpoint: Endpoint, settings: Callable[[], Settings], parts: GatewayParts) -> httpx.Auth:
    from payments.gateways.phonepe.adapter import fetch_token
    from payments.gateways.transport.oauth_token import shared_token

    return shared_token(NAME, endpoint.mode, parts, partial(fetch_token, http, endpoint, settings, parts.clock))
