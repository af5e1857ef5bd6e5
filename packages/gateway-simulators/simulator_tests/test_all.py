"""All simulators in one process."""

import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import httpx
import pytest

import gateway_simulators.__main__ as everything
from gateway_simulators import GATEWAYS
from gateway_simulators.kit.ports import free_row
from simulator_tests.test_server import ROOT

WEBHOOKS = "http://127.0.0.1:9/v1/webhooks"


def start(port: int, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "gateway_simulators", "--port", str(port), *more]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, text=True, encoding="utf-8")


def test_they_listen_on_ports_in_a_row_and_end_cleanly(tmp_path: Path) -> None:
    port = free_row(len(GATEWAYS))
    process = start(port, "--webhook-url", WEBHOOKS, "--state", str(tmp_path))
    assert process.stderr is not None
    response = [process.stderr.readline().split(" ", 1)[1] for _ in GATEWAYS]
    assert response == [f"{name} on http://127.0.0.1:{port + n}\n" for n, name in enumerate(GATEWAYS)]
    for number in range(len(GATEWAYS)):
        ledger = httpx.get(f"http://127.0.0.1:{port + number}/_sim/ledger", trust_env=False).json()
        assert {"orders", "captures", "refunds", "calls", "webhooks"} <= set(ledger)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.jsonl" for name in GATEWAYS}
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0


@pytest.mark.parametrize("name", GATEWAYS)
def test_each_sends_its_webhooks_to_its_own_address(name: str, tmp_path: Path) -> None:
    own = import_module(f"gateway_simulators.{name}.__main__").options()
    given = everything.all_options().parse_args(["--port", "9000", "--webhook-url", WEBHOOKS, "--state", str(tmp_path)])
    chosen = own.parse_args(everything.arguments_of(name, 2, given))
    assert (chosen.port, chosen.webhook_url) == (9002, f"{WEBHOOKS}/{name}")
    assert chosen.state == tmp_path / f"{name}.jsonl"
    alone = own.parse_args(everything.arguments_of(name, 0, everything.all_options().parse_args([])))
    assert (alone.port, alone.webhook_url, alone.state) == (8101, "", None)


def test_one_that_is_not_there_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(everything, "GATEWAYS", ("nobody",))
    assert everything.main(["--port", "0"]) == 1
    assert capsys.readouterr().err == "gateway-simulators: No module named 'gateway_simulators.nobody'\n"
