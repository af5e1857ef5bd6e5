"""The simulators by name, in one process, each on the port that its adapter uses."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from dev.local.credentials import secrets_of
from gateway_simulators.kit.gateway import GatewayApp
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.outbox import Outbox, Post
from gateway_simulators.kit.parts import parts_of
from payments.gateways.registry import GATEWAYS

FIRST_PORT = 8101


def make_simulator(
    name: str,
    clock: Callable[[], float],
    seed: int,
    post: Post,
    webhook_url: str,
    sleep: Callable[[float], None],
    **habits: Any,
) -> GatewayApp:
    """`habits` are further settings of the simulator."""
    ports = parts_of(name)
    model = ports.model(clock, random.Random(seed), ports.settings(webhook_url=webhook_url, **habits))
    app: GatewayApp = ports.app(model, Outbox(model.timers.now, post), sleep)
    return app


def simulator_secret(name: str, webhook_url: str) -> Mapping[str, Any]:
    """The fields of both secrets."""
    calls, webhooks = secrets_of(name, webhook_url)
    return {**calls, **webhooks}


class ByPort(httpx.BaseTransport):
    """Sends each request to the simulator of its port."""

    def __init__(self, apps: Mapping[str, GatewayApp]) -> None:
        self._wires = {FIRST_PORT + GATEWAYS.index(name): InProcessTransport(app) for name, app in apps.items()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._wires[request.url.port or 80].handle_request(request)


def posts_to(receive: Callable[[str, bytes, dict[str, str]], int]) -> Callable[[str], Post]:
    """By gateway: the transport of its webhooks. `receive` also gets the account, such as `phonepe:main`."""

    def of(name: str) -> Post:
        def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
            account = url.partition(f"/v1/webhooks/{name}")[2].strip("/")
            lowered = {key.lower(): text for key, text in headers.items()}
            return receive(f"{name}:{account or 'main'}", body, lowered) if url else 0

        return post

    return of
