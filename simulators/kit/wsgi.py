"""WSGI over HTTP/1.1 with kept connections; werkzeug's own server closes after every answer."""

from __future__ import annotations

import io
import logging
import sys
import time
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from simulators.kit import heads

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MAX_BODY_BYTES = 2_000_000

log = logging.getLogger("simulator")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], app: WSGIApplication) -> None:
        self.app = app
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        super(ThreadingHTTPServer, self).server_bind()


class Handler(heads.Handler):
    wbufsize = -1  # Head and body leave in one piece.
    timeout = 60

    def do_GET(self) -> None:  # noqa: N802 - http.server's name.
        started_at = time.perf_counter()
        outcome = self._answer()
        spent_ms = (time.perf_counter() - started_at) * 1000
        log.info("%s %s %s %.0f ms", self.command, self._plain_path(), outcome, spent_ms)

    do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - http.server's names.

    def _answer(self) -> int | str:
        length = self._body_length()
        if length is None:
            self.close_connection = True  # What is left of the body would read as the next request.
            return self._send(413, [], b"")
        try:
            return self._send(*self._call_app(self.rfile.read(length)))
        except ConnectionError as problem:  # The app's way to leave a caller without an answer.
            self.close_connection = True
            return f"no answer ({type(problem).__name__})"

    def _body_length(self) -> int | None:
        if "Transfer-Encoding" in self.headers:
            return None
        text = self.headers.get("Content-Length", "0")
        return int(text) if text.isdigit() and int(text) <= MAX_BODY_BYTES else None

    def _call_app(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            started.append((status, headers))

        content = cast("Server", self.server).app(self._environ(body), start_response)
        status, headers = started[-1]
        return int(status.split()[0]), headers, b"".join(content)

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> int:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()
        return status

    def _environ(self, body: bytes) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        host, port = cast("tuple[str, int]", self.server.server_address)[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()} | environ

    def _plain_path(self) -> str:
        return self.path.partition("?")[0].encode("unicode_escape").decode()

    def log_message(self, format: str, *arguments: Any) -> None:
        log.info(format, *arguments)
