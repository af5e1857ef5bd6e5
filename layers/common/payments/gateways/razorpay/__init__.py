"""Razorpay's Orders and Standard Checkout, API version 1: settings, hosts, and how the adapter is put together."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from payments.gateways.places import SIMULATOR, Place, read_place
from payments.gateways.secret import require, require_beginning, text_in, texts_in

if TYPE_CHECKING:
    from payments.gateways.contract import Gateway
    from payments.gateways.registry import GatewayParts

NAME = "razorpay"
CHECKOUT, INTENT, QR = "checkout", "intent", "qr"
UPI_FLOWS = (CHECKOUT, INTENT, QR)
SPEEDS = ("normal", "optimum")

_API = "https://api.razorpay.com"  # Test or live, the key says.
_IMAGE = r"https://(?:rzp\.io|(?:[a-z0-9-]+\.)*razorpay\.com)/[!-~]*"  # Of a QR code: the only page of theirs.
_HOSTS = {"sandbox": (_API, _IMAGE), "production": (_API, _IMAGE)}
_SCRIPT = "https://checkout.razorpay.com/v1/checkout.js"


@dataclass(frozen=True, slots=True)
class Settings:
    """The gateway's one JSON secret. Several webhook secrets are a rotation's overlap; none closes the webhook."""

    key_id: str = ""
    key_secret: str = field(default="", repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    upi_flow: str = CHECKOUT
    name: str = ""  # Of the shop, as the payer sees it.
    speed: str = "normal"  # Of refunds.

    def checked(self, place: Place) -> Settings:
        """Raises Rejected for credentials that are missing, or of the other mode."""
        require("Razorpay", key_id=self.key_id, key_secret=self.key_secret)
        beginning = "rzp_live_" if place.is_live else "rzp_test_"
        require_beginning("Razorpay", place.mode, (beginning,), key_id=self.key_id)
        return self

    @property
    def authorization(self) -> str:
        login = b64encode(f"{self.key_id}:{self.key_secret}".encode()).decode()
        return f"Basic {login}"  # Razorpay refuses the word in any other case.


def script_of(place: Place) -> str:
    """What a browser loads."""
    return f"{place.origin}/v1/checkout.js" if place.mode == SIMULATOR else _SCRIPT


def read_settings(secret: Mapping[str, Any]) -> Settings:
    """Keys are stripped: one that was pasted with a space is refused as if it were another's."""
    key_id, key_secret, flow, name, speed = (
        text_in(secret, each).strip() for each in ("key_id", "key_secret", "upi_flow", "name", "speed")
    )
    return Settings(
        key_id,
        key_secret,
        tuple(filter(None, map(str.strip, texts_in(secret, "webhook_secrets")))),
        flow if flow in UPI_FLOWS else CHECKOUT,
        name,
        speed if speed in SPEEDS else SPEEDS[0],
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http, secret_header
    from payments.gateways.razorpay import wire
    from payments.gateways.razorpay.adapter import Razorpay

    place = read_place(parts.settings, NAME, _HOSTS)

    def settings() -> Settings:
        return read_settings(parts.read_secret(NAME))

    auth = secret_header(lambda: settings().checked(place).authorization)
    http = Http("Razorpay", {place.origin}, wire.from_refusal, parts.deadline, auth, parts.transport)
    return Razorpay(place, http, settings)
