"""PayPal-Request-Id: a repeated call acts only once, and its answer shows the state of now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_simulators.kit.gateway import GatewayRefusal
from gateway_simulators.paypal.checks import REQUEST_ID
from gateway_simulators.paypal.errors import refusal

Show = Callable[[], dict[str, Any]]

_DECIDED = 422  # Only this error is stored; an invalid request may be corrected and sent again under its id.


class Replays:
    """Stored answers by request id, errors included. A call without an id always acts."""

    def __init__(self, clock: Callable[[], float], *, remembers_refusals: bool) -> None:
        self._clock, self._remembers_refusals = clock, remembers_refusals
        self._answer_by_key: dict[tuple[str, str], tuple[float, Show | GatewayRefusal]] = {}

    def once(
        self, scope: str, request_id: str | None, keeps_seconds: float, act: Callable[[], Show]
    ) -> tuple[bool, Show]:
        """Act unless this id has acted before; returns whether it acted now, and a function that builds the answer."""
        if request_id is None:
            return True, act()
        if not REQUEST_ID.fullmatch(request_id):
            raise refusal("INVALID_STRING_LENGTH", "PayPal-Request-Id")
        key = (scope, request_id)
        known = self._answer_by_key.get(key)
        if known is None or self._clock() >= known[0] + keeps_seconds:
            return True, self._act(key, act)
        if isinstance(known[1], GatewayRefusal):
            raise known[1]
        return False, known[1]

    def _act(self, key: tuple[str, str], act: Callable[[], Show]) -> Show:
        try:
            reported = act()
        except GatewayRefusal as refused:
            if self._remembers_refusals and refused.http_status == _DECIDED:
                self._answer_by_key[key] = (self._clock(), refused)
            raise
        self._answer_by_key[key] = (self._clock(), reported)
        return reported

    def keeps(self, request_id: str) -> bool:
        return any(request_id == known for _, known in self._answer_by_key)

    def forget(self) -> None:
        self._answer_by_key.clear()
