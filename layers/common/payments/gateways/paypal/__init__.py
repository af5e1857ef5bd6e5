"""PayPal's orders: the account's settings, and `build` for the adapter."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from payments.gateways.facts import API
from payments.gateways.facts import paypal as facts
from payments.gateways.kit.hosts import Endpoint, endpoint_of
from payments.gateways.kit.secret import Secret, secret_of
from payments.record import record

if TYPE_CHECKING:
    import httpx

    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.registry import GatewayParts
    from payments.gateways.transport.http import Http

NAME = "paypal"
_CERTIFICATE_PATH = r"/v1/notifications/certs/[A-Za-z0-9][A-Za-z0-9._-]{0,199}"


@record
class Settings:
    """Reads the account's secrets. Several webhook ids overlap in a rotation; without one, webhooks are refused."""

    secret: Secret

    @property
    def client_id(self) -> str:
        return self.secret.text("client_id")

    @property
    def client_secret(self) -> str:
        return self.secret.text("client_secret")

    @property
    def merchant_id(self) -> str:
        return self.secret.text("merchant_id")

    @property
    def webhook_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.secret.texts("webhook_id"), *self.secret.texts("webhook_ids"))))

    def check(self) -> Settings:
        """Return these settings. Raises Misconfigured if a credential is missing or a field is malformed."""
        self.secret.check(API)
        return self

    def require_webhook(self) -> None:
        """Raises Misconfigured if no webhook id is set, or one is malformed."""
        self.secret.refuse_misfits("webhook_id", "webhook_ids")
        if not self.webhook_ids:
            self.secret.require("webhook_id")


def _origins_of(endpoint: Endpoint) -> frozenset[str]:
    return frozenset((endpoint.origin, facts.OLDER_NAMES.get(endpoint.origin, endpoint.origin)))


def certificates_of(endpoint: Endpoint) -> re.Pattern[str]:
    """Return a pattern: only a certificate URL that matches it is fetched."""
    origins = "|".join(map(re.escape, sorted(_origins_of(endpoint))))
    return re.compile(f"(?:{origins}){_CERTIFICATE_PATH}")


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.paypal import wire
    from payments.gateways.paypal.adapter import PayPal
    from payments.gateways.paypal.webhook import Proof
    from payments.gateways.transport.http import Http

    endpoint = endpoint_of(parts.settings, NAME, facts.HOSTS)
    read = secret_of(NAME, parts, facts.fields_of(endpoint.mode))

    def settings() -> Settings:
        return Settings(read())

    auth = partial(_auth, endpoint=endpoint, settings=settings, parts=parts)
    http = Http("PayPal", _origins_of(endpoint), wire.from_refusal, parts.deadline, auth, parts.transport)
    return PayPal(endpoint, http, settings, Proof(endpoint, http, parts.clock))


def _auth(http: Http, endpoint: Endpoint, settings: Callable[[], Settings], parts: GatewayParts) -> httpx.Auth:
    from payments.gateways.paypal.adapter import fetch_token
    from payments.gateways.transport.oauth_token import shared_token

    return shared_token(NAME, endpoint.mode, parts, partial(fetch_token, http, endpoint, settings, parts.clock))
