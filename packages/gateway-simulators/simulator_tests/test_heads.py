"""Request heads, valid and broken."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from gateway_simulators.kit import heads


class Echo(heads.Handler):
    """Answers with the head as it was parsed."""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name.
        seen = "\n".join([self.path, *(f"{name}={value}" for name, value in self.headers.items())]).encode("latin-1")
        first = f"{self.headers.get('X-ONE', 'none')} {'x-one' in self.headers}".encode()
        body = seen + b"\nfirst " + first
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def answers(port: int, *requests: bytes) -> bytes:
    """All bytes until the server closes the connection, as it does after "Connection: close" or a broken request."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(b"".join(requests))
        return b"".join(iter(lambda: wire.recv(65536), b""))


LAST = b"GET /last HTTP/1.1\r\nConnection: close\r\n\r\n"


def test_names_keep_their_form_and_are_found_in_any_case(port: int) -> None:
    head = b"GET /a?b=c HTTP/1.1\r\nX-One:  1 \r\nX-Two: \xe9:2\r\nx-one: 3\r\nConnection: close\r\n\r\n"
    body = answers(port, head).partition(b"\r\n\r\n")[2].decode("latin-1").splitlines()
    assert body == ["/a?b=c", "X-One=1", "X-Two=é:2", "x-one=3", "Connection=close", "first 1 True"]


@pytest.mark.parametrize(
    ("first", "count"),
    [
        (b"GET /1 HTTP/1.1\r\n\r\n", 2),
        (b"GET /1 HTTP/1.1\nHost: x\n\n", 2),
        (b"GET /1 HTTP/1.1\r\nConnection: Close\r\n\r\n", 1),
        (b"GET /1 HTTP/1.0\r\n\r\n", 1),
        (b"GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 2),
    ],
)
def test_a_connection_is_kept_unless_one_side_closes_it(port: int, first: bytes, count: int) -> None:
    assert answers(port, first, LAST).count(b"HTTP/1.1 200 OK") == count


def test_a_caller_that_expects_100_continue_gets_it(port: int) -> None:
    request = b"GET / HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    assert answers(port, request).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_two_slashes_at_the_front_are_one(port: int) -> None:
    assert b"\r\n\r\n/evil.example/x\n" in answers(port, b"GET //evil.example/x HTTP/1.1\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(
    ("head", "http_status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/x\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n: nameless\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nSpaced : x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 65_536 + b"\r\n\r\n", 431),
        (b"PUT / HTTP/1.1\r\n\r\n", 501),
    ],
)
def test_what_is_no_head_is_refused_and_the_connection_ends(port: int, head: bytes, http_status: int) -> None:
    answered = answers(port, head)
    assert answered.startswith(b"HTTP/1.1 %d " % http_status)
    assert b"Connection: close" in answered


def test_a_hundred_headers_are_read(port: int) -> None:
    assert answers(port, b"GET / HTTP/1.1\r\nConnection: close\r\n" + b"A: 1\r\n" * 99 + b"\r\n").count(b"A=1") == 99
