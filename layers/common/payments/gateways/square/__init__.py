"""Square's payment links and direct charges: the account's settings, and `build` for the adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.gateways.facts import API, WEBHOOK
from payments.gateways.facts import square as facts
from payments.gateways.kit.hosts import endpoint_of
from payments.gateways.kit.secret import Secret, secret_of
from payments.record import record

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.registry import GatewayParts

NAME = "square"
VERSION = "2026-09-16"


@record
class Settings:
    """Reads the account's secrets. Several signature keys overlap in a rotation; without one, webhooks are refused."""

    secret: Secret

    @property
    def access_token(self) -> str:
        return self.secret.text("access_token")

    @property
    def application_id(self) -> str:
        return self.secret.text("application_id")

    @property
    def location_id(self) -> str:
        return self.secret.text("location_id")

    @property
    def signature_keys(self) -> tuple[str, ...]:
        return self.secret.texts("webhook_signature_keys")

    @property
    def notification_url(self) -> str:
        return self.secret.text("notification_url")

    def check(self) -> Settings:
        """Return these settings. Raises Misconfigured if a credential is missing, malformed or of the other mode."""
        self.secret.check(API)
        return self

    def require_webhook(self) -> None:
        """Raises Misconfigured if the webhook secret is missing or malformed."""
        self.secret.check(WEBHOOK)


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.square import wire
    from payments.gateways.square.adapter import Square
    from payments.gateways.transport.http import Http, secret_header

    endpoint = endpoint_of(parts.settings, NAME, facts.HOSTS)
    read = secret_of(NAME, parts, facts.fields_of(endpoint.mode))

    def settings() -> Settings:
        return Settings(read())

    auth, headers = secret_header(lambda: f"Bearer {settings().check().access_token}"), {"Square-Version": VERSION}
    http = Http("Square", {endpoint.origin}, wire.from_refusal, parts.deadline, auth, parts.transport, headers)
    return Square(endpoint, http, settings)
