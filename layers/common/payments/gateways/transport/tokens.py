"""Access tokens shared by every function instance: the port that the store implements."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from payments.domain.records.token import Token

__all__ = ["Token", "TokenVault"]


class TokenVault(Protocol):
    """One token per key (gateway, environment, client) for the whole deployment."""

    def get_token(self, key: str) -> Token | None:
        """The newest token put, expired or not; a consistent read."""

    def take_lease(self, key: str, now: datetime, until: datetime) -> bool:
        """Whether this caller alone may fetch a new token until then (conditional write; a lapsed lease is free)."""

    def put_token(self, key: str, token: Token) -> None:
        """Keep the token and end the lease."""

    def end_lease(self, key: str) -> None:
        """Give the lease back after a failed fetch."""
