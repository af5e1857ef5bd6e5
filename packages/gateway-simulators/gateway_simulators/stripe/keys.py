"""Idempotency keys: the first answer is stored for a day, for the same call with the same parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway_simulators.kit.gateway import GatewayRefusal
from gateway_simulators.stripe.errors import UnstoredRefusal, key_misused, malformed

KEY_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Stored:
    what: tuple[str, ...]
    http_status: int
    body: dict[str, Any]
    until: float
    request_id: str


class Keys:
    def __init__(self, now: Callable[[], float], life_seconds: float) -> None:
        self._now, self._life_seconds = now, life_seconds
        self._stored: dict[str, Stored] = {}

    def find(self, key: str, what: tuple[str, ...]) -> Stored | None:
        if len(key) > KEY_LENGTH:
            raise malformed("Idempotency keys must be at most 255 characters.")
        stored = self._stored.get(key)
        if stored is None or stored.until <= self._now():
            return None
        if stored.what != what:
            raise key_misused(key)
        return stored

    def execute(self, key: str, what: tuple[str, ...], act: Callable[[], dict[str, Any]], request_id: str) -> Stored:
        """The stored answer, or that of `act`. An error raised before anything was executed is not stored."""
        http_status = 200
        try:
            body = act()
        except UnstoredRefusal:
            raise
        except GatewayRefusal as refusal:
            http_status, body = refusal.http_status, refusal.body
        stored = Stored(what, http_status, body, self._now() + self._life_seconds, request_id)
        if key:
            self._stored[key] = stored
        return stored

    def clear(self) -> None:
        self._stored.clear()
