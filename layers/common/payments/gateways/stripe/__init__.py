"""Stripe's Checkout and PaymentIntents: settings, hosts, and how the adapter is put together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from payments.gateways.contract import Rejected
from payments.gateways.places import Place, read_place
from payments.gateways.secret import begins, require, require_beginning, text_in, texts_in

if TYPE_CHECKING:
    from payments.gateways.contract import Gateway
    from payments.gateways.registry import GatewayParts

NAME = "stripe"
VERSION = "2026-10-28.endive"  # The webhook endpoint is made with the same one.

# Stripe documentation, Statement descriptors: together with the account's prefix at most 22.
_SUFFIX = re.compile(r"(?=.*[A-Za-z])[^<>\\'\"*\x00-\x1f\x7f-\U0010ffff]{1,22}")
_SUFFIX_FORM = "1 to 22 ASCII characters with a letter among them, none of them < > \\ ' \" *"

_API, _PAGE = "https://api.stripe.com", r"https://(?:[a-z0-9-]+\.)+stripe\.com/[!-~]*"
_HOSTS = {"sandbox": (_API, _PAGE), "production": (_API, _PAGE)}  # Test or live, the key says.


@dataclass(frozen=True, slots=True)
class Settings:
    """The gateway's one JSON secret. Several webhook secrets are a rotation's overlap; none closes the webhook."""

    secret_key: str = field(default="", repr=False)
    publishable_key: str = ""
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    statement_descriptor_suffix: str = ""

    def checked(self, place: Place) -> Settings:
        """Raises Rejected for a key that is missing, or of the other mode."""
        mode = _mode_of_keys(place)
        require("Stripe", secret_key=self.secret_key)
        require_beginning("Stripe", place.mode, (f"sk_{mode}_", f"rk_{mode}_"), secret_key=self.secret_key)
        return self

    def checked_suffix(self) -> str:
        """Raises Rejected for what Stripe does not print behind the account's own descriptor."""
        if self.statement_descriptor_suffix and not _SUFFIX.fullmatch(self.statement_descriptor_suffix):
            raise Rejected(f"Stripe's statement_descriptor_suffix in its secret must be {_SUFFIX_FORM}")
        return self.statement_descriptor_suffix

    def public_key(self, place: Place) -> str:
        return self.publishable_key if begins(self.publishable_key, (f"pk_{_mode_of_keys(place)}_",)) else ""


def read_settings(secret: Mapping[str, Any]) -> Settings:
    return Settings(
        secret_key=text_in(secret, "secret_key"),
        publishable_key=text_in(secret, "publishable_key"),
        webhook_secrets=texts_in(secret, "webhook_secrets"),
        statement_descriptor_suffix=text_in(secret, "statement_descriptor_suffix"),
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http, secret_header
    from payments.gateways.stripe import wire
    from payments.gateways.stripe.adapter import Stripe

    place = read_place(parts.settings, NAME, _HOSTS)

    def settings() -> Settings:
        return read_settings(parts.read_secret(NAME))

    auth, headers = secret_header(lambda: f"Bearer {settings().checked(place).secret_key}"), {"Stripe-Version": VERSION}
    http = Http("Stripe", {place.origin}, wire.from_refusal, parts.deadline, auth, parts.transport, headers)
    return Stripe(place, http, settings, parts.clock)


def _mode_of_keys(place: Place) -> str:
    return "live" if place.is_live else "test"
