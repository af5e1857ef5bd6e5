"""Square's payment links, and charges of its script's tokens: credentials, hosts, how the adapter is put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payments.gateways.places import SIMULATOR, Place, read_place
from payments.gateways.secret import WEBHOOK, Field, Secret, secret_of

if TYPE_CHECKING:
    from payments.gateways.contract import Gateway
    from payments.gateways.registry import GatewayParts

NAME = "square"
VERSION = "2026-09-16"
SANDBOX_APPLICATION = "sandbox-"  # How the id of every sandbox application begins, and of no other.

_HOSTS = {  # mode: (API, pay page)
    "sandbox": ("https://connect.squareupsandbox.com", r"https://sandbox\.square\.link/[!-~]*"),
    "production": ("https://connect.squareup.com", r"https://(?:square\.link|checkout\.square\.site)/[!-~]*"),
}


@dataclass(frozen=True, slots=True)
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

    def checked(self) -> Settings:
        """Raises Misconfigured for credentials that are missing, or of the other side."""
        self.secret.require("access_token", "location_id")
        self.secret.refuse_misfits("application_id")
        return self


def fields_of(place: Place) -> tuple[Field, ...]:
    """If the application id is of the other mode, so is the access token."""
    application, form = r"[\w-]{1,192}", "be an application's id"
    if place.mode != SIMULATOR:
        application = rf"(?!{SANDBOX_APPLICATION}){application}" if place.is_live else SANDBOX_APPLICATION + application
        begins = f"{'not ' if place.is_live else ''}begin with {SANDBOX_APPLICATION}"
        form = f"{begins} in GATEWAY_MODE {place.mode}, and the access token is of the same side"
    return (
        Field("access_token", r"[\w.~+/=-]{1,1024}"),
        Field("application_id", application, form),
        Field("location_id", r"[A-Za-z0-9]{1,50}", "be letters and digits"),
        Field("webhook_signature_keys", r"[\w.~+/=-]{1,255}", part=WEBHOOK),
        Field("notification_url", r"https?://[!-~]{1,500}", "be the webhook's address as registered", WEBHOOK),
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http, secret_header
    from payments.gateways.square import wire
    from payments.gateways.square.adapter import Square

    place = read_place(parts.settings, NAME, _HOSTS)

    read = secret_of(NAME, parts, fields_of(place))

    def settings() -> Settings:
        return Settings(read())

    auth, headers = secret_header(lambda: f"Bearer {settings().checked().access_token}"), {"Square-Version": VERSION}
    http = Http("Square", {place.origin}, wire.from_refusal, parts.deadline, auth, parts.transport, headers)
    return Square(place, http, settings)
