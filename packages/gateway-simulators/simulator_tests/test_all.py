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


def test_port_0_picks_free_ones_in_a_row() -> None:
    process = start(0)
    assert process.stderr is not None
    ports = [int(process.stderr.readline().rsplit(":", 1)[1]) for _ in GATEWAYS]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert ports == list(range(ports[0], ports[0] + len(GATEWAYS)))
    assert ports[0] > 1023
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--port", "abc"), "argument --port: send a whole number from 0 to 65535, not 'abc'"),
        (("--port", "-1"), "argument --port: send a whole number from 0 to 65535, not '-1'"),
        (("--port", "99999"), "argument --port: send a whole number from 0 to 65535, not '99999'"),
        (("--port", "65532"), "argument --port: 5 ports are needed from it on: send at most 65531"),
        (
            ("--webhook-url", "nonsense"),
            "argument --webhook-url: send an address such as http://127.0.0.1:8000/webhooks, not 'nonsense'",
        ),
        (("--webhook-url", "ftp://shop.example/"), "not 'ftp://shop.example/'"),
    ],
)
def test_a_bad_argument_is_one_clear_line(
    arguments: tuple[str, str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        everything.main(arguments)
    assert capsys.readouterr().err.splitlines()[-1].endswith(why)


def test_a_state_that_is_no_folder_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert everything.main(["--port", "0", "--state", str(tmp_path / "file")]) == 1
    line = f"gateway-simulators: --state {tmp_path / 'file'}: File exists: choose another\n"
    assert capsys.readouterr().err == line


def test_a_slash_at_the_end_of_the_webhooks_address_is_not_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []
    monkeypatch.setattr(everything, "RunningSimulator", lambda app, *_: urls.append(app.model.settings.webhook_url))
    monkeypatch.setattr(everything, "serve", lambda _: None)
    everything.main(["--port", "0", "--webhook-url", f"{WEBHOOKS}/"])
    assert urls == [f"{WEBHOOKS}/{name}" for name in GATEWAYS]
