"""PhonePe's hosted checkout, version 2: settings, hosts, and how the adapter is put together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

    from payments.gateways.contract import Gateway
    from payments.gateways.http import Http
    from payments.gateways.registry import GatewayParts

NAME = "phonepe"
SHA256, HMAC = "sha256", "hmac"
SIGNATURE_HEADERS = ("x-phonepe-checksum-signature", "phonepe-checksum-signature")  # Both spellings are in the wild.

_PHONEPE_PAGE = r"https://(?:[a-z0-9-]+\.)+phonepe\.com/[!-~]*"
_HOSTS = {  # mode: (payment APIs, OAuth, pay page)
    "sandbox": (*["https://api-preprod.phonepe.com/apis/pg-sandbox"] * 2, _PHONEPE_PAGE),
    "production": ("https://api.phonepe.com/apis/pg", "https://api.phonepe.com/apis/identity-manager", _PHONEPE_PAGE),
}


class Deployment(Protocol):
    """What this gateway reads of the deployment's settings."""

    @property
    def gateway_mode(self) -> str: ...
    @property
    def simulator_url(self) -> str: ...
    @property
    def phonepe_client_id(self) -> str: ...
    @property
    def phonepe_client_version(self) -> str: ...
    @property
    def phonepe_webhook_auth(self) -> str: ...
    @property
    def phonepe_webhook_signature_header(self) -> str: ...
    @property
    def phonepe_merchant_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PhonePeSettings:
    """All that is not secret. `pay_page` is what an address must look like before a payer is sent to it."""

    mode: str
    pg_url: str
    oauth_url: str
    pay_page: re.Pattern[str]
    client_id: str
    client_version: str
    webhook_auth: str
    signature_headers: tuple[str, ...]
    merchant_id: str

    @property
    def origins(self) -> frozenset[str]:
        return frozenset(map(_origin, (self.pg_url, self.oauth_url)))

    @property
    def token_key(self) -> str:
        return "#".join((NAME, self.mode, self.client_id, self.client_version))


@dataclass(frozen=True, slots=True)
class PhonePeSecret:
    """The gateway's one JSON secret. Several logins or secrets are a rotation's overlap; none closes the webhook."""

    client_secret: str = field(default="", repr=False)
    webhook_logins: tuple[str, ...] = field(default=(), repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)


def read_settings(deployment: Deployment) -> PhonePeSettings:
    mode, simulator = deployment.gateway_mode, deployment.simulator_url
    if mode == "simulator":
        pg_url, oauth_url, pay_page = *[simulator + "/apis/pg-sandbox"] * 2, re.escape(_origin(simulator)) + "/[!-~]*"
    else:
        pg_url, oauth_url, pay_page = _HOSTS[mode]
    header = deployment.phonepe_webhook_signature_header.lower()
    return PhonePeSettings(
        mode=mode,
        pg_url=pg_url,
        oauth_url=oauth_url,
        pay_page=re.compile(pay_page),
        client_id=deployment.phonepe_client_id,
        client_version=deployment.phonepe_client_version,
        webhook_auth=deployment.phonepe_webhook_auth,
        signature_headers=(header,) if header else SIGNATURE_HEADERS,
        merchant_id=deployment.phonepe_merchant_id,
    )


def read_secret(secret: Mapping[str, Any]) -> PhonePeSecret:
    """Empty entries are no entries: a login without user or password would be one that anybody can guess."""
    client_secret = secret.get("client_secret")
    logins = (login for login in _texts(secret.get("webhook_logins")) if all(login.partition(":")))
    return PhonePeSecret(
        client_secret if isinstance(client_secret, str) else "",
        tuple(logins),
        _texts(secret.get("webhook_secrets")),
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http
    from payments.gateways.phonepe import wire
    from payments.gateways.phonepe.adapter import PhonePe, fetch_token

    settings = read_settings(parts.settings)

    def secret() -> PhonePeSecret:
        return read_secret(parts.read_secret(NAME))

    def auth(http: Http) -> httpx.Auth:
        from payments.gateways.auth import SharedToken

        fetch = partial(fetch_token, http, settings, secret, parts.clock)
        return SharedToken(parts.vault, settings.token_key, fetch, parts.clock, parts.deadline, parts.on_renewal_failed)

    http = Http("PhonePe", settings.origins, wire.from_refusal, parts.deadline, auth, parts.transport)
    return PhonePe(settings, http, secret)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str) and text) if isinstance(value, list) else ()
