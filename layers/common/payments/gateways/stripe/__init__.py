"""Stripe's Checkout and PaymentIntents: the account's settings, and `build` for the adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.gateways.facts import API, WEBHOOK
from payments.gateways.facts import stripe as facts
from payments.gateways.kit.hosts import endpoint_of
from payments.gateways.kit.secret import Secret, secret_of
from payments.record import record

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.registry import GatewayParts

NAME = "stripe"
VERSION = "2026-10-28.endive"  # The webhook endpoint must have the same version.


@record
class Settings:
    """Reads the account's secrets. Several webhook secrets overlap in a rotation; without one, webhooks are refused."""

    secret: Secret

    @property
    def secret_key(self) -> str:
        return self.secret.text("secret_key")

    @property
    def publishable_key(self) -> str:
        return self.secret.text("publishable_key")

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        return self.secret.texts("webhook_secrets")

    @property
    def statement_descriptor_suffix(self) -> str:
        return self.secret.text("statement_descriptor_suffix")

    def check(self) -> Settings:
        """Return these settings. Raises Misconfigured if a key is missing, malformed or of the other mode."""
        self.secret.check(API)
        return self

    def require_webhook(self) -> None:
        """Raises Misconfigured if the webhook secret is missing or malformed."""
        self.secret.check(WEBHOOK)


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.stripe import wire
    from payments.gateways.stripe.adapter import Stripe
    from payments.gateways.transport.http import Http, secret_header

    endpoint = endpoint_of(parts.settings, NAME, facts.HOSTS)
    read = secret_of(NAME, parts, facts.fields_of(endpoint.mode))

    def settings() -> Settings:
        return Settings(read())

    auth, headers = secret_header(lambda: f"Bearer {settings().check().secret_key}"), {"Stripe-Version": VERSION}
    http = Http("Stripe", {endpoint.origin}, wire.from_refusal, parts.deadline, auth, parts.transport, headers)
    return Stripe(endpoint, http, settings, parts.clock)
