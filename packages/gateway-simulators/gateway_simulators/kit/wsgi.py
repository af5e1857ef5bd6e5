"""Answer one request by a WSGI application, without a socket or behind one."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gateway_simulators.kit.messages import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")


def answer_of(app: WSGIApplication, request: Request, scheme: str = "http") -> Response:
    """The application's answer. Raises what it raises: a ConnectionError where the caller gets no answer."""
    begun: list[tuple[int, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
        begun.append((int(status.split(" ", 1)[0]), headers))

    body = b"".join(app(_environ(request, scheme), start_response))
    http_status, headers = begun[-1]
    return Response(http_status, body, headers)


def _environ(request: Request, scheme: str) -> WSGIEnvironment:
    host, _, port = request.header("host").rpartition(":") if ":" in request.header("host") else ("127.0.0.1", "", "80")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.raw_path, "latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        environ[key if key in _UNPREFIXED else f"HTTP_{key}"] = value
    return environ | {"CONTENT_LENGTH": str(len(request.body))}
