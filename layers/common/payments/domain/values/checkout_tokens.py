"""Capability tokens: each is unguessable, has one purpose, and names the workspace in which it is valid."""

from __future__ import annotations

import hashlib
import hmac

CHECKOUT, RETURN = "ct_", "rt_"


def checkout_token(secret: str, workspace_id: str) -> str:
    """A token that lets a browser read one payment's reduced view. `secret` is 64 hex digits."""
    return f"{CHECKOUT}{secret}.{workspace_id}"


def return_token(checkout: str, workspace_id: str) -> str:
    """A token for the payer's return. It is in URLs, so the checkout token cannot be computed from it."""
    return f"{RETURN}{fingerprint('return ' + checkout)}.{workspace_id}"


def fingerprint(token: str) -> str:
    """The SHA-256 of a token in hex: the store has it instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


def workspace_of(token: str, kind: str) -> str:
    """The id of the workspace that a token names; "" if the token is not of this kind."""
    secret, _, workspace_id = token.partition(".")
    return workspace_id if secret.startswith(kind) and len(secret) == len(kind) + 64 else ""


def is_one_of(token: str, hashes: tuple[str, ...]) -> bool:
    """Whether one of `hashes` is the token's fingerprint. Each is compared in constant time."""
    given = fingerprint(token)
    return any(hmac.compare_digest(given, each) for each in hashes)
