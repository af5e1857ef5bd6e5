"""The gateway's own simulator behind the network: late, lost, doubled, broken, and its payers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from simulation.chaos import Point
from simulation.network import Network
from simulation.scheduler import Task
from simulators.kit.inprocess import InProcessTransport
from simulators.phonepe.app import PhonePeApp
from simulators.phonepe.model import OPS_BY_FAULT

_NOBODY_WAITS_MS = 60_000.0  # An effect may come this long after its caller has given up.
_BROKEN = {
    "error_before": (500, b'{"success":false,"code":"INTERNAL_SERVER_ERROR"}'),
    "error_after": (500, b'{"success":false,"code":"INTERNAL_SERVER_ERROR"}'),
    "garbage": (200, b"<html>Service Temporarily Unavailable</html>"),
    "too_many": (429, b'{"success":false,"code":"TOO_MANY_REQUESTS"}'),
}
_NO_EFFECT = ("error_before", "too_many")


class Transport(httpx.BaseTransport):
    """What the production adapters send through."""

    def __init__(self, app: PhonePeApp, network: Network, before_acting: Callable[[str], None]) -> None:
        """`before_acting` sees the id of every create call at the moment the gateway hears of it."""
        self._app, self._wire, self._network = app, InProcessTransport(app), network
        self._before_acting = before_acting

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        task, point = self._network.point("http", f"{request.method} {_short(request.url.path)}")
        patience_ms = request.extensions["timeout"]["read"] * 1000.0
        self._fail_before(request, point, patience_ms)
        if point.fault in _NO_EFFECT:
            self._network.pause(point.there_ms + point.back_ms, point)
            return _broken(point.fault)
        answer = self._answered(request, task, point)
        return self._spoiled(request, answer, point, patience_ms)

    def _fail_before(self, request: httpx.Request, point: Point, patience_ms: float) -> None:
        if point.fault == "refused":
            self._network.pause(point.there_ms, point)
            raise httpx.ConnectError("refused", request=request)
        if point.fault == "reset_before":
            self._network.pause(point.there_ms, point)
            raise httpx.ReadError("reset", request=request)
        if point.fault in ("timeout_before", "late_effect"):
            if point.fault == "late_effect":
                self._network.later(patience_ms + _NOBODY_WAITS_MS * point.tie, lambda: self._act(request), point.tie)
            self._network.pause(patience_ms, point)
            raise httpx.ReadTimeout("timed out", request=request)

    def _answered(self, request: httpx.Request, task: Task, point: Point) -> httpx.Response:
        armed = point.fault if point.fault in OPS_BY_FAULT else ""
        answer: httpx.Response = self._network.call(task, point, lambda: self._act(request, armed))
        return answer

    def _spoiled(
        self, request: httpx.Request, answer: httpx.Response, point: Point, patience_ms: float
    ) -> httpx.Response:
        if point.fault == "timeout_after":
            self._network.pause(patience_ms, point)
            raise httpx.ReadTimeout("timed out", request=request)
        if point.fault == "reset_after":
            raise httpx.ReadError("reset", request=request)
        return _broken(point.fault) if point.fault in _BROKEN else answer

    def _act(self, request: httpx.Request, armed: str = "") -> httpx.Response:
        faults, op = self._app.model.faults, _op(request)
        if armed and op in OPS_BY_FAULT[armed]:
            faults.arm(armed, op)
        self._before_acting(asked_id(request))
        answer = self._wire.handle_request(request)
        answer.read()
        faults.clear()
        return answer


def _broken(fault: str) -> httpx.Response:
    status, body = _BROKEN[fault]
    return httpx.Response(status, content=body, headers={"content-type": "application/json"})


def _short(path: str) -> str:
    return path.removeprefix("/apis/pg-sandbox").removeprefix("/")


def _op(request: httpx.Request) -> str:
    path = request.url.path
    if path.endswith("/token"):
        return "token"
    is_refund, is_status = "/refund" in path, path.endswith("/status")
    return ("refund" if is_refund else "pay" if not is_status else "status") + (
        "_status" if is_refund and is_status else ""
    )


def asked_id(request: httpx.Request) -> str:
    """Our id in a create call, "" in any other."""
    if request.method != "POST" or not request.content:
        return ""
    try:
        body: Any = json.loads(request.content)
    except ValueError:
        return ""
    return str(body.get("merchantRefundId") or body.get("merchantOrderId") or "")
