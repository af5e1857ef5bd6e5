"""Access tokens: issued, expired, revoked."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable

from gateway_simulators.paypal.errors import invalid_client, refusal
from gateway_simulators.paypal.orders import Ids
from gateway_simulators.paypal.settings import Settings

_SCOPE = "https://uri.paypal.com/services/payments/payment https://uri.paypal.com/services/payments/refund"


class Tokens:
    def __init__(self, clock: Callable[[], float], ids: Ids, settings: Settings) -> None:
        self._clock, self._ids, self._settings = clock, ids, settings
        self.expires_at: dict[str, float] = {}

    def issue(self, authorization: str, grant_type: str) -> dict[str, object]:
        login = b64encode(f"{self._settings.client_id}:{self._settings.client_secret}".encode()).decode()
        if not hmac.compare_digest(f"Basic {login}".encode(), authorization.encode(errors="replace")):
            raise invalid_client()
        if grant_type != "client_credentials":
            raise refusal("INVALID_PARAMETER_VALUE", "/grant_type")
        token = f"A21AA{self._ids.secret(60)}"
        self.expires_at[token] = self._clock() + self._settings.token_life_seconds
        return {
            "scope": _SCOPE,
            "access_token": token,
            "token_type": "Bearer",
            "app_id": "APP-80W284485P519543T",
            "expires_in": self._settings.token_life_seconds,
            "nonce": self._ids.secret(20),
        }

    def has(self, authorization: str) -> bool:
        return self._clock() < self.expires_at.get(_token_of(authorization), 0.0)

    def revoke(self, authorization: str) -> None:
        self.expires_at.pop(_token_of(authorization), None)


def _token_of(authorization: str) -> str:
    kind, _, token = authorization.partition(" ")
    return token if kind == "Bearer" else ""
