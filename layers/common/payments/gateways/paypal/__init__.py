"""PayPal's orders: hosts, the one secret, and how the adapter is put together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from payments.gateways.places import Place, read_place
from payments.gateways.secret import Field, Secret, secret_of

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
    secret: Secret = field(default=Secret(), compare=False, repr=False)

    def checked(self) -> Settings:
        """Raises Misconfigured for credentials that are missing, and for a merchant id that cannot be one."""
        self.secret.require("client_id", "client_secret")
        self.secret.refuse_misfits("merchant_id")
        return self

    def require_webhook(self) -> None:
        """Raises Misconfigured."""
        self.secret.refuse_misfits("webhook_id", "webhook_ids")
        if not self.webhook_ids:
            self.secret.require("webhook_id")


def origins_of(place: Place) -> frozenset[str]:
    return frozenset((place.origin, _OLDER_NAMES.get(place.origin, place.origin)))


def certificates_of(place: Place) -> re.Pattern[str]:
    """What the address of a certificate must look like before it is fetched."""
    origins = "|".join(map(re.escape, sorted(origins_of(place))))
    return re.compile(f"(?:{origins}){_CERTIFICATE_PATH}")


FIELDS = (
    Field("client_id", r"[\w-]{1,255}", "be letters, digits, _ and -"),
    Field("client_secret", r"[\w-]{1,255}", "be letters, digits, _ and -"),
    Field("webhook_id", r"[A-Za-z0-9]{1,50}", "be letters and digits"),
    Field("webhook_ids", r"[A-Za-z0-9]{1,50}", "be letters and digits"),
    Field("webhook_proof", f"{CERTIFICATE}|{POSTBACK}", f"be {CERTIFICATE} or {POSTBACK}"),
    Field("merchant_id", r"[A-Z0-9]{13}", "be 13 capital letters and digits"),
)


def read_settings(secret: Secret) -> Settings:
    return Settings(
        client_id=secret.text("client_id"),
        client_secret=secret.text("client_secret"),
        webhook_ids=tuple(dict.fromkeys((*secret.texts("webhook_id"), *secret.texts("webhook_ids")))),
        webhook_proof=secret.text("webhook_proof") or CERTIFICATE,
        merchant_id=secret.text("merchant_id"),
        secret=secret,
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http
    from payments.gateways.paypal import wire
    from payments.gateways.paypal.adapter import PayPal
    from payments.gateways.paypal.proof import Proof

    place = read_place(parts.settings, NAME, _HOSTS)

    read = secret_of(NAME, parts, FIELDS)

    def settings() -> Settings:
        return read_settings(read())

    auth = partial(_auth, place=place, settings=settings, parts=parts)
    http = Http("PayPal", origins_of(place), wire.from_refusal, parts.deadline, auth, parts.transport)
    return cast("Gateway", PayPal(place, http, settings, Proof(place, http, parts.clock, parts.on_failed)))


def _auth(http: Http, place: Place, settings: Callable[[], Settings], parts: GatewayParts) -> httpx.Auth:
    from payments.gateways.auth import SharedToken
    from payments.gateways.paypal.adapter import fetch_token

    key = "#".join((NAME, place.mode, settings().checked().client_id))
    fetch = partial(fetch_token, http, place, settings, parts.clock)
    return SharedToken(parts.vault, key, fetch, parts.clock, parts.deadline, partial(parts.token_failed, NAME))
