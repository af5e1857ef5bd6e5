"""Stripe's Checkout and PaymentIntents: settings, hosts, and how the adapter is put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payments.gateways.places import Place, read_place
from payments.gateways.secret import WEBHOOK, Field, Secret, secret_of

if TYPE_CHECKING:
    from payments.gateways.contract import Gateway
    from payments.gateways.registry import GatewayParts

NAME = "stripe"
VERSION = "2026-10-28.endive"  # The webhook endpoint is made with the same one.

# Stripe documentation, Statement descriptors: together with the account's prefix at most 22.
_SUFFIX = r"(?=.*[A-Za-z])[^<>\\'\"*\x00-\x1f\x7f-\U0010ffff]{1,22}"
_SUFFIX_FORM = "1 to 22 ASCII characters with a letter among them, none of them < > \\ ' \" *"

_API, _PAGE = "https://api.stripe.com", r"https://(?:[a-z0-9-]+\.)+stripe\.com/[!-~]*"
_HOSTS = {"sandbox": (_API, _PAGE), "production": (_API, _PAGE)}  # Test or live, the key says.


@dataclass(frozen=True, slots=True)
class Settings:
    """What the account's secrets say. Several webhook secrets are a rotation's overlap; none closes the webhook."""

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

    def checked(self) -> Settings:
        """Raises Misconfigured for a key that is missing, or of the other mode."""
        self.secret.require("secret_key")
        self.secret.refuse_misfits("publishable_key", "statement_descriptor_suffix")
        return self


def fields_of(place: Place) -> tuple[Field, ...]:
    mode, there = "live" if place.is_live else "test", f"in GATEWAY_MODE {place.mode}"
    return (
        Field("secret_key", rf"[sr]k_{mode}_\w{{1,250}}", f"begin with sk_{mode}_ or rk_{mode}_ {there}"),
        Field("publishable_key", rf"pk_{mode}_\w{{1,250}}", f"begin with pk_{mode}_ {there}"),
        Field("webhook_secrets", r"whsec_[\w+/=]{1,250}", "begin with whsec_", WEBHOOK),
        Field("statement_descriptor_suffix", _SUFFIX, f"be {_SUFFIX_FORM}"),
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http, secret_header
    from payments.gateways.stripe import wire
    from payments.gateways.stripe.adapter import Stripe

    place = read_place(parts.settings, NAME, _HOSTS)

    read = secret_of(NAME, parts, fields_of(place))

    def settings() -> Settings:
        return Settings(read())

    auth, headers = secret_header(lambda: f"Bearer {settings().checked().secret_key}"), {"Stripe-Version": VERSION}
    http = Http("Stripe", {place.origin}, wire.from_refusal, parts.deadline, auth, parts.transport, headers)
    return Stripe(place, http, settings, parts.clock)
