"""The simulator on a loopback port, and either official SDK as a process of its own that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway_simulators.phonepe.app import create_app
from gateway_simulators.phonepe.model import PhonePeModel
from gateway_simulators.phonepe.settings import Settings
from tests.lines import LineProcess, node_command
from tests.sdk.served import Served, served

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-phonepe-sdk" / "bin" / "python"
SECRET = "sim-client-secret"
# Its refunds move only by the controls.
SETTINGS = Settings(webhook_url="http://127.0.0.1/hook", refund_step_seconds=3600)


class Sdk(LineProcess):
    def __init__(self, command: list[str], simulator: Served) -> None:
        super().__init__([*command, simulator.url])

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
def simulator() -> Iterator[Served]:
    with served(create_app, PhonePeModel, SETTINGS) as simulator:
        yield simulator


@pytest.fixture(params=sorted(COMMANDS))
def fresh_sdk(request: pytest.FixtureRequest, simulator: Served) -> Iterator[Sdk]:
    sdk = Sdk(COMMANDS[request.param](), simulator)
    yield sdk
    sdk.end()


@pytest.fixture
def sdk(fresh_sdk: Sdk) -> Sdk:
    fresh_sdk.log_in()
    return fresh_sdk
