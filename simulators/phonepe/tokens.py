"""Access tokens: issued, expired, revoked."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

from simulators.phonepe.errors import bad_request, invalid_client
from simulators.phonepe.ids import Ids
from simulators.phonepe.settings import Settings

TOKEN_TYPE = "O-Bearer"


class Tokens:
    def __init__(self, clock: Callable[[], float], ids: Ids, settings: Settings) -> None:
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self.expires_at: dict[str, int] = {}
        self.issued = 0

    def issue(self, form: Mapping[str, str]) -> dict[str, object]:
        if form.get("grant_type") != "client_credentials":
            raise bad_request("grant_type must be client_credentials")
        if not self._knows(form):
            raise invalid_client(self._ids.secret(8))
        self.issued += 1
        token, issued_at = self._ids.secret(), int(self._clock())
        self.expires_at[token] = expires_at = issued_at + self._settings.token_life_seconds
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

    def has(self, authorization: str) -> bool:
        return self._clock() < self.expires_at.get(_token_of(authorization), 0)

    def revoke(self, authorization: str) -> None:
        self.expires_at.pop(_token_of(authorization), None)

    def _knows(self, form: Mapping[str, str]) -> bool:
        wanted = (self._settings.client_id, self._settings.client_secret, self._settings.client_version)
        given = (form.get("client_id", ""), form.get("client_secret", ""), form.get("client_version", ""))
        return all(hmac.compare_digest(w.encode(), g.encode()) for w, g in zip(wanted, given, strict=True))


def _token_of(authorization: str) -> str:
    kind, _, token = authorization.partition(" ")
    return token if kind == TOKEN_TYPE else ""
