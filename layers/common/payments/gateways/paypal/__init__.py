"""PayPal's orders: hosts, the one secret, and how the adapter is put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from payments.gateways.contract import Rejected
from payments.gateways.places import Place, read_place
from payments.gateways.secret import require, text_in, texts_in

if TYPE_CHECKING:
    import httpx

    from payments.gateways.contract import Gateway
    from payments.gateways.http import Http
    from payments.gateways.registry import GatewayParts

NAME = "paypal"
CERTIFICATE, POSTBACK = "certificate", "postback"

_HOSTS = {  # mode: (API, pay page)
    "sandbox": ("https://api-m.sandbox.paypal.com", r"https://www\.sandbox\.paypal\.com/[!-~]*"),
    "production": ("https://api-m.paypal.com", r"https://www\.paypal\.com/[!-~]*"),
}
_OLDER_NAMES = {  # Of the same API, in the addresses of certificates.
    "https://api-m.sandbox.paypal.com": "https://api.sandbox.paypal.com",
    "https://api-m.paypal.com": "https://api.paypal.com",
}
_CERTIFICATE_PATH = r"/v1/notifications/certs/[A-Za-z0-9][A-Za-z0-9._-]{0,199}"


@dataclass(frozen=True, slots=True)
class Settings:
    """The gateway's one JSON secret. Several webhook ids are a rotation's overlap; none closes the webhook."""

    client_id: str
    client_secret: str = field(repr=False)
    webhook_ids: tuple[str, ...] = field(default=(), repr=False)
    webhook_proof: str = CERTIFICATE
    merchant_id: str = ""

    def checked(self) -> Settings:
        """Raises Rejected for credentials that are missing."""
        require("PayPal", client_id=self.client_id, client_secret=self.client_secret)
        return self


def origins_of(place: Place) -> frozenset[str]:
    return frozenset((place.origin, _OLDER_NAMES.get(place.origin, place.origin)))


def certificates_of(place: Place) -> re.Pattern[str]:
    """What the address of a certificate must look like before it is fetched."""
    origins = "|".join(map(re.escape, sorted(origins_of(place))))
    return re.compile(f"(?:{origins}){_CERTIFICATE_PATH}")


def read_settings(secret: Mapping[str, Any]) -> Settings:
    """Raises Rejected for what cannot be meant."""
    proof = secret.get("webhook_proof") or CERTIFICATE
    if proof not in (CERTIFICATE, POSTBACK):
        raise Rejected(f"PayPal's secret: webhook_proof must be {CERTIFICATE} or {POSTBACK}")
    ids = (text_in(secret, "webhook_id"), *texts_in(secret, "webhook_ids"))
    return Settings(
        client_id=text_in(secret, "client_id").strip(),
        client_secret=text_in(secret, "client_secret").strip(),
        webhook_ids=tuple(dict.fromkeys(filter(None, map(str.strip, ids)))),
        webhook_proof=proof,
        merchant_id=text_in(secret, "merchant_id").strip(),
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http
    from payments.gateways.paypal import wire
    from payments.gateways.paypal.adapter import PayPal
    from payments.gateways.paypal.proof import Proof

    place = read_place(parts.settings, NAME, _HOSTS)

    def settings() -> Settings:
        return read_settings(parts.read_secret(NAME))

    auth = partial(_auth, place=place, settings=settings, parts=parts)
    http = Http("PayPal", origins_of(place), wire.from_refusal, parts.deadline, auth, parts.transport)
    return cast("Gateway", PayPal(place, http, settings, Proof(place, http, parts.clock)))


def _auth(http: Http, place: Place, settings: Callable[[], Settings], parts: GatewayParts) -> httpx.Auth:
    from payments.gateways.auth import SharedToken
    from payments.gateways.paypal.adapter import fetch_token

    key = "#".join((NAME, place.mode, settings().checked().client_id))
    fetch = partial(fetch_token, http, place, settings, parts.clock)
    return SharedToken(parts.vault, key, fetch, parts.clock, parts.deadline, parts.on_renewal_failed)
