"""Authorization of gateway calls by a static key."""

from __future__ import annotations

from collections.abc import Callable, Generator

import httpx


class SecretHeader(httpx.Auth):
    """Adds a static key. `value` is called for each request, so a rotated secret takes effect."""

    def __init__(self, value: Callable[[], str]) -> None:
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._value()
        yield request
