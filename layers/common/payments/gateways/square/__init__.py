"""Square's payment links, and charges of its script's tokens: credentials, hosts, how the adapter is put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from payments.gateways.contract import Rejected
from payments.gateways.places import SIMULATOR, Place, read_place
from payments.gateways.secret import require, text_in, texts_in

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
    """The gateway's one JSON secret. Several signature keys are a rotation's overlap; none closes the webhook."""

    access_token: str = field(default="", repr=False)
    application_id: str = ""
    location_id: str = ""
    signature_keys: tuple[str, ...] = field(default=(), repr=False)
    notification_url: str = ""

    def checked(self, place: Place) -> Settings:
        """Raises Rejected for credentials that are missing, or of the other side."""
        require("Square", access_token=self.access_token, location_id=self.location_id)
        if place.mode != SIMULATOR and self.application_id:
            is_sandbox = self.application_id.startswith(SANDBOX_APPLICATION)
            if is_sandbox is place.is_live:
                raise Rejected(f"application_id and access_token in Square's secret are not those of {place.mode}")
        return self


def read_settings(secret: Mapping[str, Any]) -> Settings:
    return Settings(
        access_token=text_in(secret, "access_token"),
        application_id=text_in(secret, "application_id"),
        location_id=text_in(secret, "location_id"),
        signature_keys=texts_in(secret, "webhook_signature_keys"),
        notification_url=text_in(secret, "notification_url"),
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http, secret_header
    from payments.gateways.square import wire
    from payments.gateways.square.adapter import Square

    place = read_place(parts.settings, NAME, _HOSTS)

    def settings() -> Settings:
        return read_settings(parts.read_secret(NAME))

    auth, headers = (
        secret_header(lambda: f"Bearer {settings().checked(place).access_token}"),
        {"Square-Version": VERSION},
    )
    http = Http("Square", {place.origin}, wire.from_refusal, parts.deadline, auth, parts.transport, headers)
    return Square(place, http, settings)
