"""A transport for httpx that calls a simulator in the test's own process. Lost answers look as on a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from gateway_simulators.kit.messages import Request
from gateway_simulators.kit.wsgi import answer_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class InProcessTransport(httpx.BaseTransport):
    """Transport for `httpx.Client`; httpx.WSGITransport takes twice as long."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = answer_of(self._app, _read(request), request.url.scheme)
        except ConnectionRefusedError as problem:
            raise httpx.ConnectError(str(problem), request=request) from problem
        except ConnectionResetError as problem:
            raise httpx.ReadError(str(problem), request=request) from problem
        except TimeoutError as problem:  # A test may inject a sleep that raises it: "slow" beyond any time limit.
            raise httpx.ReadTimeout(str(problem), request=request) from problem
        return httpx.Response(answer.http_status, headers=answer.headers, content=answer.body)


def _read(request: httpx.Request) -> Request:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    return Request(request.method, request.url.raw_path.decode("ascii"), headers, request.read())
