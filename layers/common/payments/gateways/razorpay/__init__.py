"""Razorpay's Orders and Standard Checkout, API version 1: the account's settings, and `build` for the adapter."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from payments.gateways.facts import API, SIMULATOR, WEBHOOK
from payments.gateways.facts import razorpay as facts
from payments.gateways.kit.hosts import Endpoint, endpoint_of
from payments.gateways.kit.secret import Secret, secret_of
from payments.record import record

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.registry import GatewayParts

NAME = "razorpay"


@record
class Settings:
    """Reads the account's secrets. Several webhook secrets overlap in a rotation; without one, webhooks are refused."""

    secret: Secret

    @property
    def key_id(self) -> str:
        return self.secret.text("key_id")

    @property
    def key_secret(self) -> str:
        return self.secret.text("key_secret")

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        return self.secret.texts("webhook_secrets")

    @property
    def upi_flow(self) -> str:
        return self.secret.text("upi_flow") or facts.CHECKOUT

    @property
    def name(self) -> str:
        """The shop's name, shown to the payer."""
        return self.secret.text("name")

    @property
    def speed(self) -> str:
        """The speed of refunds."""
        return self.secret.text("speed") or facts.SPEEDS[0]

    def check(self) -> Settings:
        """Return these settings. Raises Misconfigured if a key is missing, malformed or of the other mode."""
        self.secret.check(API)
        return self

    def require_webhook(self) -> None:
        """Raises Misconfigured if the webhook secret is missing or malformed."""
        self.secret.check(WEBHOOK)

    @property
    def authorization(self) -> str:
        login = b64encode(f"{self.key_id}:{self.key_secret}".encode()).decode()
        return f"Basic {login}"  # Razorpay refuses other spellings, such as `basic`.


def script_of(endpoint: Endpoint) -> str:
    """Return the URL of the script that the payer's browser loads."""
    return f"{endpoint.origin}/v1/checkout.js" if endpoint.mode == SIMULATOR else facts.SCRIPT


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.razorpay import wire
    from payments.gateways.razorpay.adapter import Razorpay
    from payments.gateways.transport.http import Http, secret_header

    endpoint = endpoint_of(parts.settings, NAME, facts.HOSTS)
    read = secret_of(NAME, parts, facts.fields_of(endpoint.mode))

    def settings() -> Settings:
        return Settings(read())

    auth = secret_header(lambda: settings().check().authorization)
    http = Http("Razorpay", {endpoint.origin}, wire.from_refusal, parts.deadline, auth, parts.transport)
    return Razorpay(endpoint, http, settings)
