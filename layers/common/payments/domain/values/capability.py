"""Capability tokens: unguessable, single-purpose, and they say whose workspace they are good for."""

from __future__ import annotations

import hashlib
import hmac

CHECKOUT, RETURN = "ct_", "rt_"


def checkout_token(secret: str, workspace_id: str) -> str:
    """Reads one payment's reduced view. `secret` is 64 hex digits."""
    return f"{CHECKOUT}{secret}.{workspace_id}"


def return_token(checkout: str, workspace_id: str) -> str:
    """Triggers one sync and the redirect. Made from the checkout token one way: it travels in URLs."""
    return f"{RETURN}{fingerprint('return ' + checkout)}.{workspace_id}"


def fingerprint(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def workspace_of(token: str, kind: str) -> str:
    """The workspace a token names; "" if it is not of this kind."""
    secret, _, workspace_id = token.partition(".")
    return workspace_id if secret.startswith(kind) and len(secret) == len(kind) + 64 else ""


def is_one_of(token: str, hashes: tuple[str, ...]) -> bool:
    """Each is compared in constant time."""
    given = fingerprint(token)
    return any(hmac.compare_digest(given, each) for each in hashes)
