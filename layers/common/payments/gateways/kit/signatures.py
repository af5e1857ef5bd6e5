"""Webhook signatures: HMAC-SHA256 with a shared secret, compared in constant time."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable


def hex_signature(secret: str, message: bytes) -> str:
    return _digest(secret, message).hex()


def base64_signature(secret: str, message: bytes) -> str:
    return b64encode(_digest(secret, message)).decode()


def matches_any(given: Iterable[str], expected: Iterable[str]) -> bool:
    """Return whether one of `given` equals one of `expected`. False if `expected` is empty: no secret is configured."""
    claims = [text.encode(errors="replace") for text in given]
    return any(hmac.compare_digest(each.encode(), claim) for each in expected for claim in claims)


def _digest(secret: str, message: bytes) -> bytes:
    return hmac.new(secret.encode(), message, "sha256").digest()
