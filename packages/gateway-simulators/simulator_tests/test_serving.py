import http.client
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway_simulators.kit.messages import Request, Response
from gateway_simulators.kit.serving import BODY_BYTES_MAX, Server

Connect = Callable[[], http.client.HTTPConnection]


def echo(request: Request) -> Response:
    if request.path == "/crash":
        raise RuntimeError("ours")
    if request.path == "/split":
        return Response(200, b"", [("x-one", "1\r\nx-two: 2")])
    return Response(200, request.body, [("x-seen", f"{request.method} {request.target}"), ("x-one", "1")])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = Server(0, echo)
    server.start()
    yield server.port
    server.shutdown()
    server.server_close()


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()


def test_a_connection_serves_many_requests(connection: http.client.HTTPConnection) -> None:
    sockets = set()
    for number in range(3):
        connection.request("POST", f"/a%20b?n={number}", body=b"x" * number)
        answer = connection.getresponse()
        assert (answer.read(), answer.headers["x-seen"]) == (b"x" * number, f"POST /a%20b?n={number}")
        sockets.add(connection.sock)
    assert len(sockets) == 1


def test_a_chunked_body_is_read(connection: http.client.HTTPConnection) -> None:
    connection.request(
        "POST", "/", body=iter([b"ab", b"cd"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
    )
    assert connection.getresponse().read() == b"abcd"


def test_head_has_no_body(connection: http.client.HTTPConnection) -> None:
    connection.request("HEAD", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")


@pytest.mark.parametrize("size", [str(BODY_BYTES_MAX + 1), "-1", "many"])
def test_a_body_over_10_mb_is_refused_unread(port: int, size: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b'{"message":"Request Entity Too Large"}')


def test_a_fault_of_ours_is_a_500_and_not_a_reset(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/crash")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (500, b'{"message":"Internal Server Error"}')


def test_a_header_value_cannot_start_another_header(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/split")
    answer = connection.getresponse()
    assert answer.headers["x-two"] is None


def test_a_hundred_connections_at_once_are_all_answered(port: int) -> None:
    def ask(_: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        finally:
            connection.close()

    with ThreadPoolExecutor(100) as callers:
        assert list(callers.map(ask, range(100))) == [200] * 100
