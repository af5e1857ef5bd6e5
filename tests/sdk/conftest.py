"""The simulator on a loopback port, and either official SDK as a process of its own that talks to it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.kit.clock import RunningClock
from simulators.kit.outbox import Outbox
from simulators.kit.server import RunningSimulator
from simulators.phonepe.app import create_app
from simulators.phonepe.model import PhonePeModel
from simulators.phonepe.settings import Settings
from tests.lines import LineProcess, node_command

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-phonepe-sdk" / "bin" / "python"
SECRET = "sim-client-secret"


class Simulator:
    """Its webhooks are kept here; its payer acts at once; its refunds move on when a test says so."""

    def __init__(self) -> None:
        self.webhooks: list[tuple[Mapping[str, str], bytes]] = []
        clock = RunningClock()
        settings = Settings(webhook_url="http://127.0.0.1/hook", refund_step_seconds=3600)
        model = PhonePeModel(clock.now, random.Random(3), settings)
        self.app = create_app(model, Outbox(clock.now, self._keep))
        self.running = RunningSimulator(self.app, clock)
        self.http = httpx.Client(base_url=self.running.url, trust_env=False)

    def _keep(self, _: str, headers: Mapping[str, str], body: bytes) -> int:
        self.webhooks.append((headers, body))
        return 200

    def control(self, path: str, **body: Any) -> None:
        self.http.post(f"/_sim/{path}", json=body).raise_for_status()
        self.app.pump()

    def ledger(self) -> Any:
        return self.http.get("/_sim/ledger").json()


class Sdk(LineProcess):
    def __init__(self, command: list[str], simulator: Simulator) -> None:
        super().__init__([*command, simulator.running.url])

    def refusal(self, call: str, **given: Any) -> dict[str, Any]:
        error: dict[str, Any] = self.ask(call, **given)["error"]
        return error

    def log_in(self, stage: str = "SANDBOX", secret: str = SECRET) -> None:
        self.get("log_in", stage=stage, secret=secret)

    def pay(self, order: str = "att_1", amount: int = 49900) -> Any:
        return self.get("pay", order=order, amount=amount, redirect_url="http://127.0.0.1:8000/back")

    def status(self, order: str = "att_1", details: bool = False) -> Any:
        return self.get("status", order=order, details=details)


def python_command() -> list[str]:
    if not PYTHON.exists():
        pytest.fail("the official Python SDK is not installed: run `make sdks`")
    return [str(PYTHON), str(HERE / "driver.py")]


def node_sdk_command() -> list[str]:
    return node_command(HERE / "node" / "driver.js", "@phonepe-pg/pg-sdk-node")


COMMANDS = {"python": python_command, "node": node_sdk_command}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    simulator = Simulator()
    simulator.running.start()
    yield simulator
    simulator.http.close()
    simulator.running.stop()


@pytest.fixture(params=sorted(COMMANDS))
def fresh_sdk(request: pytest.FixtureRequest, simulator: Simulator) -> Iterator[Sdk]:
    sdk = Sdk(COMMANDS[request.param](), simulator)
    yield sdk
    sdk.end()


@pytest.fixture
def sdk(fresh_sdk: Sdk) -> Sdk:
    fresh_sdk.log_in()
    return fresh_sdk
