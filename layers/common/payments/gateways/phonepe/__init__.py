"""PhonePe's hosted checkout, version 2: settings, hosts, and how the adapter is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from payments.gateways import places
from payments.gateways.contract import Misconfigured
from payments.gateways.places import Place, read_place
from payments.gateways.secret import ANY_KEY, Field, Secret, secret_of

if TYPE_CHECKING:
    import httpx

    from payments.gateways.contract import Gateway
    from payments.gateways.http import Http
    from payments.gateways.registry import GatewayParts

NAME = "phonepe"
SHA256, HMAC = "sha256", "hmac"
SIGNATURE_HEADERS = ("x-phonepe-checksum-signature", "phonepe-checksum-signature")  # Both spellings are in the wild.

_PAGE = r"https://(?:[a-z0-9-]+\.)+phonepe\.com/[!-~]*"
_HOSTS = {"sandbox": ("https://api-preprod.phonepe.com", _PAGE), "production": ("https://api.phonepe.com", _PAGE)}
_TEST_PATH = "/apis/pg-sandbox"
_PATHS = {  # mode: (payment APIs, OAuth)
    "simulator": (_TEST_PATH, _TEST_PATH),
    "sandbox": (_TEST_PATH, _TEST_PATH),
    "production": ("/apis/pg", "/apis/identity-manager"),
}


class Deployment(places.Deployment, Protocol):
    """What this gateway reads of the deployment's settings."""

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
    """All that is not secret."""

    place: Place
    client_id: str
    client_version: str
    webhook_auth: str
    signature_headers: tuple[str, ...]
    merchant_id: str

    @property
    def pg_url(self) -> str:
        return self.place.origin + _PATHS[self.place.mode][0]

    @property
    def oauth_url(self) -> str:
        return self.place.origin + _PATHS[self.place.mode][1]

    @property
    def token_key(self) -> str:
        return "#".join((NAME, self.place.mode, self.client_id, self.client_version))


@dataclass(frozen=True, slots=True)
class PhonePeSecret:
    """The gateway's one JSON secret. Several logins or secrets are a rotation's overlap; none closes the webhook."""

    client_secret: str = field(default="", repr=False)
    webhook_logins: tuple[str, ...] = field(default=(), repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    secret: Secret = field(default=Secret(), compare=False, repr=False)

    def checked(self, settings: PhonePeSettings) -> PhonePeSecret:
        """Raises Misconfigured for credentials that are missing."""
        if not settings.client_id:
            raise Misconfigured("PHONEPE_CLIENT_ID is empty: set the template's parameter PhonePeClientId")
        self.secret.require("client_secret")
        return self


FIELDS = (
    Field("client_secret", ANY_KEY),
    Field("webhook_logins", r"\w{1,64}:[!#-&(-_a-~]{1,64}", "be user:password as on the dashboard"),
    Field("webhook_secrets", ANY_KEY),
)


def read_settings(deployment: Deployment) -> PhonePeSettings:
    header = deployment.phonepe_webhook_signature_header.lower()
    return PhonePeSettings(
        place=read_place(deployment, NAME, _HOSTS),
        client_id=deployment.phonepe_client_id,
        client_version=deployment.phonepe_client_version,
        webhook_auth=deployment.phonepe_webhook_auth,
        signature_headers=(header,) if header else SIGNATURE_HEADERS,
        merchant_id=deployment.phonepe_merchant_id,
    )


def read_secret(secret: Secret) -> PhonePeSecret:
    """A login without user or password would be one that anybody can guess: it is none."""
    return PhonePeSecret(
        secret.text("client_secret"), secret.texts("webhook_logins"), secret.texts("webhook_secrets"), secret
    )


def build(parts: GatewayParts) -> Gateway:
    from payments.gateways.http import Http
    from payments.gateways.phonepe import wire
    from payments.gateways.phonepe.adapter import PhonePe, fetch_token

    settings = read_settings(parts.settings)

    read = secret_of(NAME, parts, FIELDS)

    def secret() -> PhonePeSecret:
        return read_secret(read())

    def auth(http: Http) -> httpx.Auth:
        from payments.gateways.auth import SharedToken

        fetch = partial(fetch_token, http, settings, secret, parts.clock)
        return SharedToken(
            parts.vault, settings.token_key, fetch, parts.clock, parts.deadline, partial(parts.token_failed, NAME)
        )

    http = Http("PhonePe", {settings.place.origin}, wire.from_refusal, parts.deadline, auth, parts.transport)
    return PhonePe(settings, http, secret)
