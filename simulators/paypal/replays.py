"""PayPal-Request-Id: a call repeated under the same one is done once, and answered with what is so by now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulators.paypal.checks import REQUEST_ID
from simulators.paypal.errors import refusal

Show = Callable[[], dict[str, Any]]


class Replays:
    """Refusals are not kept: what was refused may be asked again. Without an id every call acts."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown_by_key: dict[tuple[str, str], tuple[float, Show]] = {}

    def once(
        self, scope: str, request_id: str | None, keeps_seconds: float, act: Callable[[], Show]
    ) -> tuple[bool, Show]:
        """Whether it was done now, and how to show it."""
        if request_id is None:
            return True, act()
        if not REQUEST_ID.fullmatch(request_id):
            raise refusal("INVALID_STRING_LENGTH", "PayPal-Request-Id")
        key = (scope, request_id)
        known = self._shown_by_key.get(key)
        if known and self._clock() < known[0] + keeps_seconds:
            return False, known[1]
        show = act()
        self._shown_by_key[key] = (self._clock(), show)
        return True, show

    def forget(self) -> None:
        self._shown_by_key.clear()
