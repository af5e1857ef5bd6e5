"""A gateway that reveals too much: the simulator, with private data in every answer and every failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.security.walls.canaries import EXPLAINED, GOSSIP, TEXTS

PRIVATE = {name: canary.value for name, canary in GOSSIP.items()}
Failure = Callable[[httpx.Request], httpx.Response]


def _raised(kind: type[httpx.TransportError], text: str) -> Failure:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind(text, request=request)

    return fail


def _answered(http_status: int, body: Any, **headers: str) -> Failure:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return lambda request: httpx.Response(http_status, content=content, headers=headers, request=request)


_REFUSAL = {"success": False, "code": "BAD_REQUEST", "message": TEXTS["message"].value, "context": PRIVATE}
FAILURES: dict[str, Failure] = {
    "no connection": _raised(httpx.ConnectError, TEXTS["connection"].value),
    "lost connection": _raised(httpx.ReadError, TEXTS["connection"].value),
    "timeout": _raised(httpx.ReadTimeout, TEXTS["timeout"].value),
    "protocol": _raised(httpx.RemoteProtocolError, TEXTS["connection"].value),
    "refusal": _answered(400, _REFUSAL),
    "forbidden": _answered(403, _REFUSAL),
    "too many": _answered(429, _REFUSAL),
    "internal error": _answered(500, _REFUSAL),
    "page": _answered(502, TEXTS["page"].value),
    "page as success": _answered(200, TEXTS["page"].value),
    "nothing of use": _answered(200, PRIVATE),
    "elsewhere": _answered(302, "", location=TEXTS["location"].value),
    "foreign page": _answered(200, {"orderId": "OMO1", "redirectUrl": TEXTS["location"].value, "state": "PENDING"}),
    "unauthorized": _answered(401, _REFUSAL),
}


class Gossip(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._failures: list[tuple[str, Failure]] = []
        self.sent: list[str] = []  # By us to the gateway.
        self.responses: list[str] = []  # By the gateway to us.

    def will(self, path_part: str, name: str, times: int = 1) -> None:
        """Let calls whose path contains `path_part` fail in this way."""
        self._failures += [(path_part, FAILURES[name])] * times

    def will_answer(self, path_part: str, http_status: int, body: dict[str, Any]) -> None:
        self._failures.append((path_part, _answered(http_status, body)))

    def forgive(self) -> int:
        """Remove the failures; returns how many hit no call."""
        left = len(self._failures)
        self._failures.clear()
        return left

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(f"{request.url} {dict(request.headers)} {request.read().decode()}")
        planned = next((plan for plan in self._failures if plan[0] in request.url.path), None)
        if planned:
            self._failures.remove(planned)
            return self._heard(planned[1], request)
        return self._talkative(self._inner.handle_request(request), request)

    def _heard(self, failure: Failure, request: httpx.Request) -> httpx.Response:
        try:
            response = failure(request)
        except httpx.TransportError as error:
            self.responses.append(str(error))
            raise
        self.responses.append(f"{dict(response.headers)} {response.text}")
        return response

    def _talkative(self, response: httpx.Response, request: httpx.Request) -> httpx.Response:
        response.read()
        answer = with_gossip(response.json())
        self.responses.append(json.dumps(answer))
        return httpx.Response(response.status_code, json=answer, request=request)


def with_gossip(node: Any) -> Any:
    """Add private data at every level; existing values stay."""
    if isinstance(node, list):
        return [with_gossip(each) for each in node]
    if not isinstance(node, dict):
        return node
    talk = {**PRIVATE, **{name: with_gossip(value) for name, value in node.items()}}
    if node.get("state") == "FAILED":
        talk["errorContext"] = {**PRIVATE, "description": EXPLAINED["description"].value}
    return talk
