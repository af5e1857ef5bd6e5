"""Access tokens: issued, expired, revoked."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

from gateway_simulators.phonepe.errors import bad_request, invalid_client
from gateway_simulators.phonepe.ids import Ids
from gateway_simulators.phonepe.settings import Merchant, Settings

TOKEN_TYPE = "O-Bearer"


class Tokens:
    def __init__(self, clock: Callable[[], float], ids: Ids, settings: Settings) -> None:
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self.given: dict[str, tuple[int, str]] = {}  # By token: when it expires (epoch seconds), and its merchant's id.
        self.issued = 0

    def issue(self, form: Mapping[str, str]) -> dict[str, object]:
        if form.get("grant_type") != "client_credentials":
            raise bad_request("grant_type must be client_credentials")
        merchant = self._merchant(form)
        if merchant is None:
            raise invalid_client(self._ids.secret(8))
        self.issued += 1
        token, issued_at = self._ids.secret(), int(self._clock())
        expires_at = issued_at + self._settings.token_life_seconds
        self.given[token] = expires_at, merchant.id
        return {
            "access_token": token,
            "encrypted_access_token": self._ids.secret(),
            "expires_in": None,
            "issued_at": issued_at,
            "expires_at": expires_at,
            "session_expires_at": expires_at,
            "token_type": TOKEN_TYPE,
            "refresh_token": None,
        }

    def merchant_id(self, authorization: str) -> str:
        """The merchant id of a valid token; "" for a token that is unknown, expired or revoked."""
        expires_at, merchant_id = self.given.get(_token_of(authorization), (0, ""))
        return merchant_id if self._clock() < expires_at else ""

    def revoke(self, authorization: str) -> None:
        self.given.pop(_token_of(authorization), None)

    def _merchant(self, form: Mapping[str, str]) -> Merchant | None:
        given = (form.get("client_id", ""), form.get("client_secret", ""), form.get("client_version", ""))
        for merchant in self._settings.merchants.values():
            wanted = (merchant.client_id, merchant.client_secret, self._settings.client_version)
            if all(hmac.compare_digest(w.encode(), g.encode()) for w, g in zip(wanted, given, strict=True)):
                return merchant
        return None


def _token_of(authorization: str) -> str:
    kind, _, token = authorization.partition(" ")
    return token if kind == TOKEN_TYPE else ""
