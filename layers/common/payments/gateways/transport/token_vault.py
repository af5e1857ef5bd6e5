"""The port for access tokens that all function instances share. The store implements it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from payments.domain.records.token import Token

__all__ = ["Token", "TokenVault"]


class TokenVault(Protocol):
    """One token per key (gateway, account, mode) for the whole deployment."""

    def get_token(self, key: str) -> Token | None:
        """Return the newest stored token, even an expired one, or None. Must be a consistent read."""

    def take_lease(self, key: str, now: datetime, until: datetime) -> bool:
        """Take the right to fetch a new token until `until`. Return False if another caller's lease has not lapsed."""

    def put_token(self, key: str, token: Token) -> None:
        """Store the token and end the lease."""

    def end_lease(self, key: str) -> None:
        """End the lease without a new token."""
