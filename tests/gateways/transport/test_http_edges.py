"""The limits between an answer, a refusal and silence, and what a call leaves behind."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from payments.gateways.contract.errors import OutcomeUnknown, Unavailable
from payments.gateways.kit.call_record import record_calls
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.http import ANSWER_BYTES_MAX, LEAST_S, Http, Refusal
from tests.gateways.transport.test_http import ORIGIN, URL, Bearer, an_http, says, wants_id


class Closing(httpx.SyncByteStream):
    def __init__(self, closed: list[bool], body: bytes = b'{"id": "x"}') -> None:
        self._closed, self._body = closed, body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body

    def close(self) -> None:
        self._closed.append(True)


class Twice(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        yield request
        yield request


@pytest.mark.parametrize(("auth", "answers"), [(Bearer, 1), (Twice, 2)])
def test_every_answer_is_closed_the_refused_one_of_an_old_token_too(auth: type[httpx.Auth], answers: int) -> None:
    closed: list[bool] = []
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Closing(closed)))
    http = Http("Sim", {ORIGIN}, lambda answer: Refusal(), Deadline(), lambda http: auth(), transport)
    assert http.write(URL, wants_id, {}) == "x"
    assert len(closed) == answers


@pytest.mark.parametrize("http_status", [300, 399])
def test_what_is_no_success_is_no_answer_and_no_refusal_either(http_status: int) -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        an_http(says(http_status, json={"id": "x", "code": "BAD", "message": "go there"})).write(URL, wants_id, {})
    assert (str(raised.value), raised.value.code, raised.value.words) == (f"Sim answered {http_status}", "", "")


def test_the_last_success_is_one() -> None:
    assert an_http(says(299, json={"id": "x"})).write(URL, wants_id, {}) == "x"


def test_a_refusal_of_the_keys_with_a_hint_of_its_own_keeps_it() -> None:
    with pytest.raises(Unavailable) as raised:
        an_http(says(401, json={"code": "BAD", "message": "no"})).read(URL, wants_id, {})
    assert str(raised.value) == "Sim answered 401 BAD: no (mend it)"


@pytest.mark.parametrize(("took_s", "is_heard"), [(3.5, True), (4.0, False)])
def test_an_answer_counts_until_the_last_moment(took_s: float, is_heard: bool) -> None:
    now = [0.0]
    deadline = Deadline(lambda: now[0])
    deadline.restart(4.0)

    def slowly() -> Iterator[bytes]:
        now[0] += took_s
        yield b'{"id": "x"}'

    http = an_http(lambda request: httpx.Response(200, content=slowly()), deadline)
    if is_heard:
        assert http.write(URL, wants_id, {}) == "x"
    else:
        with pytest.raises(OutcomeUnknown):
            http.write(URL, wants_id, {})


@pytest.mark.parametrize(("left_s", "is_sent"), [(LEAST_S, True), (LEAST_S - 0.01, False)])
def test_the_least_time_is_enough_to_send(left_s: float, is_sent: bool) -> None:
    deadline = Deadline(lambda: 0.0)
    deadline.restart(left_s)
    with record_calls() as heard, suppress(Unavailable):
        an_http(says(200, json={"id": "x"}), deadline).read(URL, wants_id, {})
    assert heard == ({"sim": True} if is_sent else {})


@pytest.mark.parametrize("name", ["Sim", "Acme Pay"])
def test_a_gateway_reports_under_the_name_that_accounts_have(name: str) -> None:
    transport = httpx.MockTransport(says(200, json={"id": "x"}))
    http = Http(name, {ORIGIN}, lambda answer: Refusal(), Deadline(), lambda http: Bearer(), transport)
    with record_calls() as heard:
        http.read(URL, wants_id, {})
    assert heard == {name.lower().replace(" ", "_"): True}


def test_what_is_encrypted_is_sent_to_no_one_whose_certificate_is_not_trusted() -> None:
    http = Http("Sim", {ORIGIN}, lambda answer: Refusal(), Deadline(), lambda http: Bearer())
    assert isinstance(http._transport, httpx.HTTPTransport)
    context = http._transport._pool._ssl_context
    assert context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.cert_store_stats()["x509_ca"] > 0


def test_an_earlier_listener_is_called_again_afterwards() -> None:
    http = an_http(says(200, json={"id": "x"}))
    with record_calls() as outside:
        with record_calls() as inside:
            pass
        http.read(URL, wants_id, {})
    http.read(URL, wants_id, {})
    assert (outside, inside) == ({"sim": True}, {})
    with record_calls() as again:
        pass
    assert again == {}


def test_an_answer_that_is_too_long_is_closed_where_reading_stopped() -> None:
    closed: list[bool] = []
    endless = Closing(closed, b" " * (ANSWER_BYTES_MAX + 1))
    with pytest.raises(Unavailable):
        an_http(lambda request: httpx.Response(200, stream=endless)).read(URL, wants_id, {})
    assert closed == [True]


def test_an_answer_that_cannot_be_unpacked_is_lost() -> None:
    packed = {"Content-Encoding": "gzip"}
    with pytest.raises(OutcomeUnknown, match="DecodingError"):
        an_http(lambda request: httpx.Response(200, headers=packed, content=iter([b"not packed at all"]))).write(
            URL, wants_id, {}
        )


def test_a_calls_own_header_counts_before_the_gateways_and_that_before_ours() -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, json={"id": "x"})

    given = {"Accept": "text/plain", "Sim-Version": "7"}
    transport = httpx.MockTransport(answer)
    http = Http("Sim", {ORIGIN}, lambda answer: Refusal(), Deadline(), lambda http: Bearer(), transport, given)
    http.write(URL, wants_id, {}, {"Sim-Version": "8"})
    assert (seen[0]["accept"], seen[0]["sim-version"], seen[0]["user-agent"]) == ("text/plain", "8", "pavati")
