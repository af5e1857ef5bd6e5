"""An HTTP/1.1 server, one thread a connection. werkzeug's own server closes the connection after every answer."""

import logging
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import Any, ClassVar

from gateway_simulators.kit import heads
from gateway_simulators.kit.messages import Request, Response, message

App = Callable[[Request], Response]

BODY_BYTES_MAX = 10 * 1024 * 1024  # The limit of an API Gateway HTTP API.
_IDLE_SECONDS = 60
_LOOKS_EVERY_S = 0.1  # How often the loop checks whether to stop.
_LOG = logging.getLogger(__name__)
_CRASHED = b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 35\r\n\r\n"
_CRASHED += b'{"message":"Internal Server Error"}'


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # Room for a hundred parallel connections.

    def __init__(self, port: int, app: App, host: str = "127.0.0.1") -> None:
        super().__init__((host, port), type("Handler", (_Handler,), {"app": staticmethod(app)}))

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, args=(_LOOKS_EVERY_S,), name="server", daemon=True).start()

    def server_bind(self) -> None:
        # HTTPServer would make a DNS request for this machine's name here.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An exception before anything was answered."""
        if isinstance(sys.exception(), ConnectionError | TimeoutError):
            return  # The client disconnected, or a fault closes the connection without an answer.
        _LOG.exception("request from %s failed", client_address)
        if isinstance(request, socket.socket):
            request.sendall(_CRASHED)


class _Handler(heads.Handler):
    app: ClassVar[App]
    timeout = _IDLE_SECONDS

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_BYTES_MAX:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = self._chunks() if "Transfer-Encoding" in self.headers else self.rfile.read(int(length))
        if body is None:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        request = Request(self.command, self.path, self.headers.items(), body, self.client_address[0])
        return self._answer(type(self).app(request))

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Serve every HTTP method, `do_TRACE` too; the router answers 404 or 405."""
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self._serve

    def _chunks(self) -> bytes | None:
        chunks: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
            if sum(map(len, chunks)) > BODY_BYTES_MAX:
                return None
        self.rfile.readline()
        return b"".join(chunks)

    def _refuse(self, http_status: HTTPStatus) -> None:
        self.close_connection = True  # The body was not read: the bytes that follow are no request.
        self._answer(message(http_status, "Request Entity Too Large", [("connection", "close")]))

    def _answer(self, response: Response) -> None:
        phrase = HTTPStatus(response.http_status).phrase if response.http_status in _KNOWN else ""
        lines = [f"HTTP/1.1 {response.http_status} {phrase}"]
        lines += [f"{name}: {_line(value)}" for name, value in response.headers if name.lower() != "content-length"]
        if response.http_status != HTTPStatus.NO_CONTENT:
            lines.append(f"content-length: {len(response.body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        self.wfile.write(head if self.command == "HEAD" else head + response.body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent: the app writes the request log."""


_KNOWN = frozenset(HTTPStatus)


def _line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
