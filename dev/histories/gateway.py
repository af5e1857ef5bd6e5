"""The gateways' simulators behind the network: answers come late, are lost, doubled or broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_plus

import httpx

from dev.histories.chaos import Point
from dev.histories.network import Network
from dev.histories.settings import SIMULATOR_URL
from dev.histories.theirs import Theirs, armed
from gateway_simulators.kit.faults import BEFORE_ACTING, EACH, REJECT
from gateway_simulators.kit.gateway import ClosedError, GatewayModel
from gateway_simulators.kit.inprocess import InProcessTransport
from payments.gateways.registry import simulator_url

_SLOWEST_S = 20.0  # Twice as long as any caller waits.
_NO_CALLER_WAITS_MS = 60_000.0  # An effect may come this long after its caller has given up.
# The simulator's own fault for each fault of a point.
_THERE: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "error_before": ("error_before", {}),
    "error_after": ("error_after", {}),
    "not_found": ("error_before", {"status": 404}),
    "timed_out_before": ("error_before", {"status": 408}),
    "timed_out_after": ("error_after", {"status": 408}),
    "conflict_before": ("error_before", {"status": 409}),
    "conflict_after": ("error_after", {"status": 409}),
    "too_many": ("error_before", {"status": 429}),
    "unavailable_before": ("error_before", {"status": 503}),
    "unavailable_after": ("error_after", {"status": 503}),
    "rejected": ("reject", {"reason": EACH}),
    "unauthorized": ("unauthorized", {}),
    "garbage": ("garbage", {}),
    "truncated": ("truncated", {}),
    "slow": ("slow", {}),
    "wrong_amount": ("wrong_amount", {}),
    "webhook_first": ("webhook_first", {}),
}

_OUR_ID = re.compile(rb"(?:att|rfd)_[0-9A-Za-z]{26}")
_ID_HEADERS = ("idempotency-key", "paypal-request-id", "x-refund-idempotency")
_MAKES_NOTHING = re.compile(r"/(?:capture|cancel|void|complete|authorize|expire|token)$")
_TAKES = re.compile(r"/(?:capture|complete)$")
_NO_ANSWERS = (401, 408, 409, 429)
_RETURN_URL = re.compile(r"/v1/checkouts/([^/?\"]+)/return\?token=([A-Za-z0-9_.~-]+)")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of ours: when its invocation began, when it left, and whether it captures authorized money."""

    began_ms: float
    left_ms: float
    takes: bool


@dataclass(frozen=True, slots=True)
class Ears:
    """Called when a call takes effect: one function for calls that create something, one for everything."""

    on_request: Callable[[str, Call], None]
    happened: Callable[[Call], None]


class Transport(httpx.BaseTransport):
    """The transport of the production adapters."""

    def __init__(self, theirs: Theirs, network: Network, ears: Ears, return_urls: list[tuple[str, str]]) -> None:
        self._theirs, self._network, self._ears, self._return_urls = theirs, network, ears, return_urls
        self._by_port = {
            int(simulator_url(SIMULATOR_URL, name).rpartition(":")[2]): (name, app, InProcessTransport(app))
            for name, app in theirs.apps.items()
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        task, point = self._network.point("http", f"{request.method} {_short(request.url.path)}")
        call = Call(task.began_ms, self._network.scheduler.now_ms, bool(_TAKES.search(request.url.path)))
        patience_ms = request.extensions["timeout"]["read"] * 1000.0
        try:
            self._fail_before(request, point, patience_ms, call)
            answer: httpx.Response = self._network.call(task, point, lambda: self._act(request, point, call))
            self._lose(request, answer, point, patience_ms)
        except httpx.HTTPError:
            self._note(request, None)
            raise
        self._note(request, answer)
        return answer

    def _note(self, request: httpx.Request, answer: httpx.Response | None) -> None:
        """Record what our side has received."""
        self._network.heard(self._by_port[request.url.port or 80][0], _heard(answer))
        if request.url.path.endswith("/token") and (answer is None or not _has_token(answer)):
            self._network.no_token()

    def _fail_before(self, request: httpx.Request, point: Point, patience_ms: float, call: Call) -> None:
        if point.fault == "refused":
            self._network.pause(point.there_ms, point)
            raise httpx.ConnectError("refused", request=request)
        if point.fault == "reset_before":
            self._network.pause(point.there_ms, point)
            raise httpx.ReadError("reset", request=request)
        if point.fault in ("timeout_before", "late_effect"):
            if point.fault == "late_effect":
                late_ms = patience_ms + _NO_CALLER_WAITS_MS * point.tie
                self._network.later(late_ms, lambda: self._act(request, replace(point, fault=""), call), point.tie)
            self._network.pause(patience_ms, point)
            raise httpx.ReadTimeout("timed out", request=request)

    def _lose(self, request: httpx.Request, answer: httpx.Response, point: Point, patience_ms: float) -> None:
        slept_ms = float(answer.extensions["slept_s"]) * 1000.0
        if point.fault == "timeout_after" or slept_ms >= patience_ms:
            self._network.pause(patience_ms, point)
            raise httpx.ReadTimeout("timed out", request=request)
        if slept_ms:
            self._network.pause(slept_ms, point)
        if point.fault == "reset_after":
            raise httpx.ReadError("reset", request=request)

    def _act(self, request: httpx.Request, point: Point, call: Call) -> httpx.Response:
        _, app, wire = self._by_port[request.url.port or 80]
        there, more = _THERE.get(point.fault, ("", {}))
        if there == "slow":
            more = {"seconds": _SLOWEST_S * point.tie}
        if request.method == "GET" or there in (*BEFORE_ACTING, REJECT):
            return self._read(app.model, wire, request, there, more)
        self._ears.on_request(requested_id(request), call)
        try:
            answer = self._read(app.model, wire, request, there, more)
        except ClosedError:  # The payer of `webhook_first` came after the end.
            raise httpx.ReadError("reset", request=request) from None
        except httpx.HTTPError:
            self._ears.happened(call)
            raise
        self._note_return_url(request)
        self._ears.happened(call)
        return answer

    def _read(
        self,
        model: GatewayModel,
        wire: InProcessTransport,
        request: httpx.Request,
        fault: str,
        more: Mapping[str, Any],
    ) -> httpx.Response:
        with armed(model, fault, **more):
            answer = wire.handle_request(request)
            answer.read()
        answer.extensions["slept_s"] = self._theirs.take_sleep_s()
        return answer

    def _note_return_url(self, request: httpx.Request) -> None:
        text = request.content.decode()
        if "checkouts" in text and (found := _RETURN_URL.search(unquote_plus(text))):
            self._return_urls.append((found[1], found[2]))


def _short(path: str) -> str:
    return path.removeprefix("/apis/pg-sandbox").removeprefix("/")


def _heard(answer: httpx.Response | None) -> str:
    if answer is None or answer.is_server_error:
        return "silent"
    if answer.status_code in _NO_ANSWERS or not _is_json(answer):
        return "unclear"
    return "refused" if answer.is_client_error else "answered"


def _is_json(answer: httpx.Response) -> bool:
    try:
        return answer.status_code == httpx.codes.NO_CONTENT or isinstance(answer.json(), dict)
    except ValueError:
        return False


def _has_token(answer: httpx.Response) -> bool:
    try:
        return answer.status_code == httpx.codes.OK and bool(answer.json().get("access_token"))
    except ValueError:
        return False


def requested_id(request: httpx.Request) -> str:
    """Our id in a call that creates something, "" in any other."""
    if request.method != "POST" or _MAKES_NOTHING.search(request.url.path):
        return ""
    text = [request.headers.get(name, "").encode() for name in _ID_HEADERS]
    found = _OUR_ID.findall(b" ".join([*text, request.content]))
    return max(found, default=b"").decode()  # A refund may name its attempt as well.
