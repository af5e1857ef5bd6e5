"""A simulator inside the test's own process, with lost answers shown as httpx shows them on a real socket."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class InProcessTransport(httpx.BaseTransport):
    """httpx has one as well, which costs twice as much."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._answer(request)
        except ConnectionRefusedError as problem:
            raise httpx.ConnectError(str(problem), request=request) from problem
        except ConnectionResetError as problem:
            raise httpx.ReadError(str(problem), request=request) from problem
        except TimeoutError as problem:  # A test may hand in a sleep that raises it: "slow" beyond any budget.
            raise httpx.ReadTimeout(str(problem), request=request) from problem

    def _answer(self, request: httpx.Request) -> httpx.Response:
        begun: list[tuple[int, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            begun.append((int(status.split(" ", 1)[0]), headers))

        content = b"".join(self._app(_environ(request), start_response))
        http_status, headers = begun[-1]
        return httpx.Response(http_status, headers=headers, content=content)


def _environ(request: httpx.Request) -> dict[str, Any]:
    """What a WSGI server would make of the request."""
    body, url = request.read(), request.url
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": url.path.encode().decode("latin-1"),
        "QUERY_STRING": url.query.decode("ascii"),
        "SERVER_NAME": url.host,
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    for name, value in request.headers.raw:
        key = name.upper().replace(b"-", b"_").decode("latin-1")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value.decode("latin-1")
    return environ
