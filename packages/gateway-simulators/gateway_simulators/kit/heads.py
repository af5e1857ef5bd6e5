"""An http.server handler that parses headers itself; the standard parser takes most of the time of a small request."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase

_LINE_BYTES_MAX = 65_536
_HEADERS_MAX = 100
_END = (b"\r\n", b"\n", b"")


class BadHead(Exception):
    """The bytes are no valid request head; the arguments are the HTTP status and the text of the answer."""


class Headers:
    """Headers in the order received, each name as it was sent."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._first = {name.lower(): value for name, value in reversed(pairs)}

    def get(self, name: str, default: str = "") -> str:
        """The first header of that name, in upper or lower case."""
        return self._first.get(name.lower(), default)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

    def items(self) -> list[tuple[str, str]]:
        return self._pairs


class Handler(BaseHTTPRequestHandler):
    raw_requestline: bytes  # http.server has read it just before.
    headers: Headers  # type: ignore[assignment]  # http.server keeps an e-mail message here.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Otherwise an answer on a kept connection may wait 40 ms for an acknowledgement.

    def parse_request(self) -> bool:
        """False if there is no request to serve; the error answer, where one is due, has been sent."""
        self.command, self.close_connection, self.request_version = "", True, self.protocol_version
        self.requestline = self.raw_requestline.decode("latin-1").rstrip("\r\n")
        words = self.requestline.split()
        if not words:
            return False
        try:
            self.command, self.path, self.request_version = _request_line(words)
            self.headers = Headers(list(_pairs(self.rfile)))
        except BadHead as wrong:
            self.send_error(*wrong.args)
            return False
        is_persistent = self.request_version >= "HTTP/1.1"
        wanted = self.headers.get("connection").lower()
        self.close_connection = wanted == "close" or not (is_persistent or wanted == "keep-alive")
        if is_persistent and self.headers.get("expect").lower() == "100-continue":
            return self.handle_expect_100()
        return True


def _request_line(words: list[str]) -> tuple[str, str, str]:
    """Raises BadHead."""
    if len(words) != 3:
        raise BadHead(HTTPStatus.BAD_REQUEST, "Bad request syntax")
    method, target, version = words
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise BadHead(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Only HTTP/1.1 and HTTP/1.0 are served")
    return method, f"/{target.lstrip('/')}" if target.startswith("//") else target, version


def _pairs(lines: BufferedIOBase) -> Iterator[tuple[str, str]]:
    """Raises BadHead."""
    left = _HEADERS_MAX
    while (line := lines.readline(_LINE_BYTES_MAX + 1)) not in _END:
        left -= 1
        if left < 0 or len(line) > _LINE_BYTES_MAX:
            raise BadHead(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Too many or too long headers")
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name[-1].isspace() or name[0].isspace():
            raise BadHead(HTTPStatus.BAD_REQUEST, "A header must have the form name: value")
        yield name, value.strip()
