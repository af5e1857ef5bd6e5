"""A simulator on a loopback port, for an official SDK."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from gateway_simulators.kit.clock import RunningClock
from gateway_simulators.kit.outbox import Outbox
from gateway_simulators.kit.server import RunningSimulator, SimulatorApp


class Served:
    """Records its webhooks; its payer acts at once."""

    def __init__(self, create_app: Callable[[Any, Outbox], SimulatorApp], model: type[Any], settings: Any) -> None:
        self.webhooks: list[tuple[Mapping[str, str], bytes]] = []
        self.settings = settings
        clock = RunningClock()
        self.app: Any = create_app(model(clock.now, random.Random(3), settings), Outbox(clock.now, self._keep))
        self.running = RunningSimulator(self.app, clock)
        self.http = httpx.Client(base_url=self.running.url, trust_env=False)

    @property
    def url(self) -> str:
        return self.running.url

    def _keep(self, _: str, headers: Mapping[str, str], body: bytes) -> int:
        self.webhooks.append((headers, body))
        return 200

    def control(self, path: str, **body: Any) -> None:
        self.http.post(f"/_sim/{path}", json=body).raise_for_status()
        self.app.pump()

    def ledger(self) -> Any:
        return self.http.get("/_sim/ledger").json()


@contextmanager
def served(create_app: Callable[[Any, Outbox], SimulatorApp], model: type[Any], settings: Any) -> Iterator[Served]:
    simulator = Served(create_app, model, settings)
    simulator.running.start()
    yield simulator
    simulator.http.close()
    simulator.running.stop()
