"""A simulator inside the test's own process, with lost answers shown as httpx shows them on a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class InProcessTransport(httpx.BaseTransport):
    def __init__(self, app: WSGIApplication) -> None:
        self._wsgi = httpx.WSGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._wsgi.handle_request(request)
        except ConnectionRefusedError as problem:
            raise httpx.ConnectError(str(problem), request=request) from problem
        except ConnectionResetError as problem:
            raise httpx.ReadError(str(problem), request=request) from problem
        except TimeoutError as problem:  # A test may hand in a sleep that raises it: "slow" beyond any budget.
            raise httpx.ReadTimeout(str(problem), request=request) from problem
