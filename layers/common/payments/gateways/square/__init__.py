"""Square's payment links, and charges of its script's tokens: settings, and how the adapter is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.gateways.facts import API, WEBHOOK
from payments.gateways.facts import square as facts
from payments.gateways.kit.places import read_place
from payments.gateways.kit.secret import Secret, secret_of
from payments.record import record

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.registry import GatewayParts

NAME = "square"
VERSION = "2026-09-16"


@record
class Settings:
    """What the account's secrets say. Several signature keys are a rotation's overlap; none closes the webhook."""

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
        """Raises Misconfigured for credentials that are missing, or of the other side."""
        self.secret.check(API)
        return self

    def require_webhook(self) -> None:
        """Raises Misconfigured."""
        self.secret.check(WEBHOOK)


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.square import wire
    from payments.gateways.square.adapter import Square
    from payments.gateways.transport.http import Http, secret_header

    place = read_place(parts.settings, NAME, facts.HOSTS)
    read = secret_of(NAME, parts, facts.fields_of(place.mode))

    def settings() -> Settings:
        return Settings(read())

    auth, headers = secret_header(lambda: f"Bearer {settings().check().access_token}"), {"Square-Version": VERSION}
    http = Http("Square", {place.origin}, wire.from_refusal, parts.deadline, auth, parts.transport, headers)
    return Square(place, http, settings)
