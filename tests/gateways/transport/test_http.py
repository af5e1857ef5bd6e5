"""From HTTP answers to the contract's errors: each row once as a read and once as a write."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable
from payments.gateways.kit.call_record import record_calls
from payments.gateways.kit.reading import message_of
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.http import ANSWER_BYTES_MAX, CONNECT_S, READ_S, TOKEN_S, WRITE_S, Http, Refusal

ORIGIN = "https://api.example"
URL = f"{ORIGIN}/v1/thing"

Answering = Callable[[httpx.Request], httpx.Response]


class Bearer(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = "Bearer tok-secret"
        yield request


class StillMonotonic:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def an_http(answer: Answering, deadline: Deadline | None = None) -> Http:
    transport = httpx.MockTransport(answer)
    return Http("Sim", {ORIGIN}, _refusal, deadline or Deadline(), lambda http: Bearer(), transport)


def _refusal(answer: Mapping[str, Any]) -> Refusal:
    code = str(answer.get("code", ""))
    return Refusal(code, message_of(answer, "message"), "(mend it)" if code == "BAD" else "")


def says(http_status: int, **body: Any) -> Answering:
    return lambda request: httpx.Response(http_status, **body)


def fails(error: type[httpx.TransportError]) -> Answering:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("Illegal header value b'Bearer tok-secret'", request=request)

    return answer


def drips(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=iter([b"{", b" " * ANSWER_BYTES_MAX, b"}"]))


def echo(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return answer


def wants_id(answer: Mapping[str, Any]) -> str:
    if "id" not in answer:
        raise ValueError("id")
    return str(answer["id"])


NEVER_SENT = [fails(httpx.ConnectError), fails(httpx.ConnectTimeout), fails(httpx.PoolTimeout)]
LOST = {
    "read timeout": fails(httpx.ReadTimeout),
    "write timeout": fails(httpx.WriteTimeout),
    "reset": fails(httpx.ReadError),
    "broken off": fails(httpx.RemoteProtocolError),
    "bad header": fails(httpx.LocalProtocolError),
    "500": says(500, json={"code": "INTERNAL_SERVER_ERROR"}),
    "503 page": says(503, html="<h1>Service Unavailable</h1>"),
    "page instead of JSON": says(200, html="<h1>Hello</h1>"),
    "empty": says(200),
    "list": says(200, json=["id"]),
    "wrong shape": says(200, json={"name": "x"}),
    "nested beyond reason": says(200, content=b"[" * 100_000),
    "redirect": says(302, headers={"Location": f"{ORIGIN}/elsewhere"}),
    "redirect with JSON": says(307, json={"id": "x"}, headers={"Location": URL}),
    "request timeout": says(408, json={"code": "X"}),
    "page of a firewall": says(403, html="<h1>Blocked</h1>"),
    "too much": says(200, content=b'{"id": "' + b"x" * ANSWER_BYTES_MAX + b'"}'),
    "too much in pieces": drips,
}
VERBS: dict[str, tuple[Callable[[Http], object], type[GatewayError]]] = {
    "read": (lambda http: http.read(URL, wants_id, {}), Unavailable),
    "write": (lambda http: http.write(URL, wants_id, {"a": 1}), OutcomeUnknown),
    "token": (lambda http: http.read_token(URL, wants_id, {"a": "1"}), Unavailable),
    "form": (lambda http: http.write_form(URL, wants_id, {"a": "1"}, {}), OutcomeUnknown),
}
EACH_VERB = pytest.mark.parametrize(("send", "lost"), VERBS.values(), ids=VERBS)


@EACH_VERB
@pytest.mark.parametrize("answer", NEVER_SENT)
def test_what_was_never_sent_did_not_happen(
    send: Callable[[Http], object], lost: type[GatewayError], answer: Answering
) -> None:
    with pytest.raises(Unavailable):
        send(an_http(answer))


@EACH_VERB
@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_a_lost_answer_leaves_a_write_open(
    send: Callable[[Http], object], lost: type[GatewayError], answer: Answering
) -> None:
    with pytest.raises(GatewayError) as raised:
        send(an_http(answer))
    assert type(raised.value) is lost


@EACH_VERB
def test_too_many_requests_is_tried_again_later(send: Callable[[Http], object], lost: type[GatewayError]) -> None:
    for answer in (says(429), says(429, json={"code": "TOO_MANY"})):
        with pytest.raises(Unavailable) as raised:
            send(an_http(answer))
        assert raised.value.http_status == 429


@EACH_VERB
def test_a_refusal_in_their_own_json_is_rejected_with_their_code(
    send: Callable[[Http], object], lost: type[GatewayError]
) -> None:
    with pytest.raises(Rejected) as raised:
        send(an_http(says(400, json={"code": "BAD", "message": "customer 9876543210 has no wallet"})))
    assert str(raised.value) == "Sim answered 400 BAD: customer (number) has no wallet (mend it)"
    assert (raised.value.code, raised.value.http_status) == ("BAD", 400)
    assert raised.value.words == "customer (number) has no wallet"


@EACH_VERB
@pytest.mark.parametrize(
    ("answer", "needs_person"),
    [
        (says(400, json={"code": "BAD"}), True),  # A hint says what to fix in the deployment.
        (says(401), True),
        (says(401, json={"code": "UNAUTHORIZED"}), True),
        (says(403, json={"code": "FORBIDDEN"}), True),
        (says(400, json={"code": "NO_MONEY"}), False),
        (says(404, json={"code": "NOT_THERE"}), False),
        (says(429), False),
        (says(500, json={"code": "BAD"}), False),
        (says(200, content=b"<html>"), False),
        (fails(httpx.ConnectError), False),
    ],
)
def test_somebody_has_to_act_where_keys_or_settings_are_refused(
    send: Callable[[Http], object], lost: type[GatewayError], answer: Answering, needs_person: bool
) -> None:
    with pytest.raises(GatewayError) as raised:
        send(an_http(answer))
    assert raised.value.needs_person is needs_person


@EACH_VERB
def test_a_text_of_the_gateway_is_reported_even_if_it_decides_nothing(
    send: Callable[[Http], object], lost: type[GatewayError]
) -> None:
    for http_status, hint in ((401, " (check the keys in its secret, and GATEWAY_MODE)"), (429, ""), (503, "")):
        with pytest.raises(GatewayError) as raised:
            send(an_http(says(http_status, json={"code": "X", "message": "for a reason"})))
        assert str(raised.value) == f"Sim answered {http_status} X: for a reason{hint}"


@EACH_VERB
def test_a_401_precedes_any_processing_so_nothing_happened(
    send: Callable[[Http], object], lost: type[GatewayError]
) -> None:
    for answer in (says(401), says(401, json={"code": "UNAUTHORIZED"})):
        with pytest.raises(Unavailable) as raised:
            send(an_http(answer))
        assert raised.value.http_status == 401


def test_a_good_answer_is_parsed() -> None:
    assert an_http(says(201, json={"id": "x", "new": [1]})).read(URL, wants_id, {}) == "x"


def test_no_error_quotes_what_the_transport_says() -> None:
    for verb, (send, _) in VERBS.items():
        for answer in (fails(httpx.LocalProtocolError), fails(httpx.ConnectError)):
            with pytest.raises(GatewayError) as raised:
                send(an_http(answer))
            assert "tok-secret" not in str(raised.value), verb
            assert "tok-secret" not in "".join(traceback.format_exception(raised.value)), verb


def test_redirects_are_not_followed() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(302, headers={"Location": f"{ORIGIN}/elsewhere"})

    with pytest.raises(Unavailable):
        an_http(answer).read(URL, echo, {})
    assert seen == ["/v1/thing"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1/thing",
        "http://api.example/v1/thing",
        "https://api.example:444/v1/thing",
        "https://api.example.evil.example/",
        "https://api.example@evil.example/",
    ],
)
def test_nothing_is_sent_outside_the_table_of_hosts(url: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"sent to {request.url}")

    with pytest.raises(Rejected, match="table of hosts"):
        an_http(answer).write(url, echo, {})


EACH_PATIENCE = [
    ("read", READ_S), ("write", WRITE_S), ("form", WRITE_S), ("token", TOKEN_S),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "wait_s"), EACH_PATIENCE)
def test_every_kind_of_call_has_its_own_patience(verb: str, wait_s: float) -> None:
    seen: dict[str, float] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        seen.update(request.extensions["timeout"])
        return httpx.Response(200, json={"id": "x"})

    VERBS[verb][0](an_http(answer))
    assert seen == {"connect": CONNECT_S, "read": wait_s, "write": wait_s, "pool": wait_s}


def test_the_deadline_caps_every_timeout() -> None:
    seen: dict[str, float] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        seen.update(request.extensions["timeout"])
        return httpx.Response(200, json={"id": "x"})

    monotonic = StillMonotonic()
    deadline = Deadline(monotonic)
    deadline.restart(4.0)
    monotonic.now += 2.5
    an_http(answer, deadline).write(URL, wants_id, {})
    assert seen == {"connect": 1.5, "read": 1.5, "write": 1.5, "pool": 1.5}


def test_with_no_time_left_nothing_is_sent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError("sent")

    deadline = Deadline(StillMonotonic())
    deadline.restart(0.2)
    with pytest.raises(Unavailable, match="no time"):
        an_http(answer, deadline).write(URL, echo, {})


def test_an_answer_that_drips_past_the_deadline_is_lost() -> None:
    monotonic = StillMonotonic()
    deadline = Deadline(monotonic)
    deadline.restart(4.0)

    def slowly() -> Iterator[bytes]:
        for piece in (b'{"id"', b': "x"', b"}"):
            monotonic.now += 2.0
            yield piece

    with pytest.raises(OutcomeUnknown):
        an_http(lambda request: httpx.Response(200, content=slowly()), deadline).write(URL, wants_id, {})


def test_a_deadline_may_be_restarted() -> None:
    monotonic = StillMonotonic()
    deadline = Deadline(monotonic)
    assert deadline.left() == float("inf")
    deadline.restart(3)
    monotonic.now += 5
    assert deadline.left() == -2
    deadline.restart(3)
    assert deadline.left() == 3


def test_only_the_token_call_goes_without_authorization() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization", "none"))
        return httpx.Response(200, json={"id": "x"})

    http = an_http(answer)
    for send, _ in VERBS.values():
        send(http)
    http.read_text(URL)
    given = ["none" if verb == "token" else "Bearer tok-secret" for verb in VERBS]
    assert seen == [*given, "none"]


def test_every_call_has_our_headers_the_gateways_and_its_own() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": "x"})

    transport = httpx.MockTransport(answer)
    http = Http("Sim", {ORIGIN}, _refusal, Deadline(), lambda http: Bearer(), transport, {"Sim-Version": "7"})
    for send, _ in VERBS.values():
        send(http)
    http.write(URL, wants_id, {"a": 1}, {"Idempotency-Key": "k"}, "PUT")
    http.write_form(URL, wants_id, {"a": "1"}, {"Idempotency-Key": "k"})
    http.read_token(URL, wants_id, {}, {"Authorization": "Basic x"})
    http.write(URL, wants_id, {"a": 1}, how="DELETE")
    for request in seen:
        headers = [request.headers[name] for name in ("accept", "accept-encoding", "user-agent", "sim-version")]
        assert headers == ["application/json", "identity", "pavati", "7"]
    *_, put, form, token, delete = seen
    assert (put.method, put.headers["idempotency-key"], put.content) == ("PUT", "k", b'{"a":1}')
    assert (form.headers["idempotency-key"], form.content) == ("k", b"a=1")
    assert token.headers["authorization"] == "Basic x"
    assert (delete.method, delete.content) == ("DELETE", b"")
    assert [request.headers.get("content-type") for request in seen if request.method == "POST"] == [
        "application/json",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded",
        None,
    ]


def test_a_read_is_sent_with_its_parameters() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": "x"})

    http = an_http(answer)
    http.read(URL, wants_id, {"expand[0]": "a b&c"})
    http.read(URL, wants_id, {})
    assert [str(request.url) for request in seen] == [f"{URL}?expand%5B0%5D=a+b%26c", URL]


def test_a_text_is_read_as_it_is_and_is_lost_like_any_answer() -> None:
    waits: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        waits.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, text="-----BEGIN\n\u00e9")

    assert an_http(answer).read_text(URL) == "-----BEGIN\n\u00e9"
    assert waits == [READ_S]
    for lost in (says(500, text="no"), says(200, content=b"\xff"), fails(httpx.ReadTimeout)):
        with pytest.raises(Unavailable):
            an_http(lost).read_text(URL)


@EACH_VERB
def test_a_conflict_may_be_with_our_own_call(send: Callable[[Http], object], lost: type[GatewayError]) -> None:
    with pytest.raises(lost) as raised:
        send(an_http(says(409, json={"code": "BAD", "message": "in use"})))
    assert (type(raised.value), raised.value.code, raised.value.answer) == (lost, "BAD", {})


def test_an_answer_without_content_is_an_empty_one_and_one_of_the_greatest_length_is_read() -> None:
    assert an_http(says(204)).write(URL, echo, {}) == {}
    whole = b'{"id": "' + b"x" * (ANSWER_BYTES_MAX - 10) + b'"}'
    assert len(an_http(says(200, content=whole)).read(URL, wants_id, {})) == ANSWER_BYTES_MAX - 10
    with pytest.raises(Unavailable):
        an_http(says(200, content=whole + b" ")).read(URL, wants_id, {})


def test_only_a_definite_refusal_hands_on_what_the_gateway_answered() -> None:
    for http_status, response in ((400, {"code": "NO"}), (401, {}), (429, {}), (503, {})):
        with pytest.raises(GatewayError) as raised:
            an_http(says(http_status, json={"code": "NO"})).write(URL, echo, {})
        assert raised.value.answer == response


def test_proxies_and_certificates_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    with serving() as (port, _):
        http = Http("Sim", {f"http://127.0.0.1:{port}"}, _refusal, Deadline(), lambda http: Bearer())
        assert http.read(f"http://127.0.0.1:{port}/", dict, {}) == {"id": "x"}
    assert Http("Sim", {ORIGIN}, _refusal, Deadline(), lambda http: Bearer())._transport


def test_a_cookie_of_the_gateway_is_not_sent_back_to_it() -> None:
    with serving() as (port, heard):
        http = Http("Sim", {f"http://127.0.0.1:{port}"}, _refusal, Deadline(), lambda http: Bearer())
        for _ in range(2):
            http.read(f"http://127.0.0.1:{port}/", dict, {})
    assert [headers["Cookie"] for headers in heard] == [None, None]
    assert [headers["Authorization"] for headers in heard] == ["Bearer tok-secret"] * 2


def test_an_answer_is_closed_where_its_authorization_fails() -> None:
    closed: list[bool] = []

    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"{}"

        def close(self) -> None:
            closed.append(True)

    class Failing(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
            yield request
            raise Unavailable("no new token")

    transport = httpx.MockTransport(lambda request: httpx.Response(401, stream=Stream()))
    http = Http("Sim", {ORIGIN}, _refusal, Deadline(), lambda http: Failing(), transport)
    with pytest.raises(Unavailable, match="no new token"):
        http.read(URL, dict, {})
    assert closed == [True]


def test_with_no_time_left_after_a_refused_token_nothing_is_sent_again() -> None:
    monotonic, sent = StillMonotonic(), list[float]()
    deadline = Deadline(monotonic)
    deadline.restart(4.0)

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.extensions["timeout"]["read"])
        monotonic.now += 3.9
        return httpx.Response(401, json={})

    class Twice(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
            yield request
            yield request

    http = Http("Sim", {ORIGIN}, _refusal, deadline, lambda http: Twice(), httpx.MockTransport(answer))
    with pytest.raises(Unavailable, match="no time"):
        http.write(URL, dict, {})
    assert sent == [4.0]


HEARD: dict[str, tuple[Answering, dict[str, bool]]] = {
    "an answer": (says(200, json={}), {"sim": True}),
    "a refusal": (says(400, json={}), {"sim": True}),
    "an error": (says(500, json={}), {"sim": False}),
    "too many requests": (says(429, json={}), {"sim": False}),
    "no JSON": (says(200, text="<html>"), {"sim": False}),
    "no connection": (fails(httpx.ConnectError), {"sim": False}),
    "no answer": (fails(httpx.ReadTimeout), {"sim": False}),
}


@pytest.mark.parametrize(("answer", "expected"), HEARD.values(), ids=HEARD)
def test_a_listener_is_called_with_whether_the_gateway_answered(answer: Answering, expected: dict[str, bool]) -> None:
    with record_calls() as outside, record_calls() as inside, suppress(GatewayError):
        an_http(answer).read(URL, dict, {})
    assert (inside, outside) == (expected, {})


def test_one_call_without_an_answer_is_reported_among_others() -> None:
    http_statuses = [500, 200]
    http = an_http(lambda request: httpx.Response(http_statuses.pop(0), json={}))
    with record_calls() as heard:
        with pytest.raises(Unavailable):
            http.read(URL, dict, {})
        http.read(URL, dict, {})
    assert heard == {"sim": False}


def test_a_call_that_was_not_sent_is_not_reported() -> None:
    with record_calls() as heard, pytest.raises(Rejected, match="table of hosts"):
        an_http(says(200, json={})).read("https://elsewhere.example/", dict, {})
    assert heard == {}


@contextmanager
def serving() -> Iterator[tuple[int, list[Message]]]:
    """A server on this machine that sets a cookie; gives its port and the headers of each request."""
    heard: list[Message] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers)
            self.send_response(200)
            self.send_header("Set-Cookie", "instance=7; Path=/")
            self.end_headers()
            self.wfile.write(b'{"id": "x"}')

        def log_message(self, *given: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port, heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
