"""Razorpay's Orders and Standard Checkout, API version 1: settings, hosts, and how the adapter is put together."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payments.gateways.places import SIMULATOR, Place, read_place
from payments.gateways.secret import ANY_KEY, CHOSEN, WEBHOOK, Field, Secret, secret_of

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
    """What the account's secrets say. Several webhook secrets are a rotation's overlap; none closes the webhook."""

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
        return self.secret.text("upi_flow") or CHECKOUT

    @property
    def name(self) -> str:
        """Of the shop, as the payer sees it."""
        return self.secret.text("name")

    @property
    def speed(self) -> str:
        """Of refunds."""
        return self.secret.text("speed") or SPEEDS[0]

    def checked(self) -> Settings:
        """Raises Misconfigured for credentials that are missing, or of the other mode."""
        self.secret.require("key_id", "key_secret")
        self.secret.refuse_misfits("upi_flow", "name", "speed")
        return self

    @property
    def authorization(self) -> str:
        login = b64encode(f"{self.key_id}:{self.key_secret}".encode()).decode()
        return f"Basic {login}"  # Razorpay refuses the word in any other case.


def script_of(place: Place) -> str:
    """What a browser loads."""
    return f"{place.origin}/v1/checkout.js" if place.mode == SIMULATOR else _SCRIPT


def fields_of(place: Place) -> tuple[Field, ...]:
    beginning = "rzp_live_" if place.is_live else "rzp_test_"
    return (
        Field("key_id", rf"{beginning}\w{{1,100}}", f"begin with {beginning} in GATEWAY_MODE {place.mode}"),
        Field("key_secret", ANY_KEY),
        Field("webhook_secrets", CHOSEN, "be the secret as the dashboard has it", WEBHOOK),
        Field("upi_flow", "|".join(UPI_FLOWS), f"be one of {', '.join(UPI_FLOWS)}"),
        Field("name", CHOSEN, "be one line"),
        Field("speed", "|".join(SPEEDS), f"be one of {', '.join(SPEEDS)}"),
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http, secret_header
    from payments.gateways.razorpay import wire
    from payments.gateways.razorpay.adapter import Razorpay

    place = read_place(parts.settings, NAME, _HOSTS)

    read = secret_of(NAME, parts, fields_of(place))

    def settings() -> Settings:
        return Settings(read())

    auth = secret_header(lambda: settings().checked().authorization)
    http = Http("Razorpay", {place.origin}, wire.from_refusal, parts.deadline, auth, parts.transport)
    return Razorpay(place, http, settings)
