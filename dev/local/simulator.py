"""The simulators of all gateways, as one child process."""

import contextlib
import http.client
import json
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dev.local import processes
from dev.local.clock import Clock
from dev.local.options import ROOT, Options, StackError

MODULE = "gateway_simulators"
_START_SECONDS_MAX = 30
_CHECK_EVERY_SECONDS = 0.05
_PUMP_SECONDS_MAX = 30.0


def start_simulators(options: Options, clock: Clock) -> subprocess.Popen[bytes]:
    state = (options.state / "simulators").resolve()
    state.mkdir(exist_ok=True)
    with _log(options).open("ab", buffering=0) as log:
        return processes.start_module(
            [
                MODULE,
                "--port",
                str(options.sim_port),
                "--webhook-url",
                options.webhooks_url,
                "--state",
                str(state),
            ],
            folder=ROOT / "packages/gateway-simulators",
            environment=processes.base_environment() | {"PAVATI_CLOCK": clock.environment},
            output=log,
        )


def await_simulators(process: subprocess.Popen[bytes], options: Options) -> None:
    give_up_at = time.monotonic() + _START_SECONDS_MAX
    for name, port in options.port_by_gateway.items():
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise StackError(f"The simulator of {name} did not start: {_last_line(options)}")
            time.sleep(_CHECK_EVERY_SECONDS)


class Pump:
    """Makes the simulators do what is due at once, instead of waiting for their own check."""

    def __init__(self, ports: Iterable[int]) -> None:
        self._ports = tuple(ports)

    def __call__(self) -> float | None:
        """Deliver all due webhooks; returns the epoch second of the next due thing, None if there is none."""
        return min((at for port in self._ports if (at := _pumped(port)) is not None), default=None)


def _pumped(port: int) -> float | None:
    while (text := _pump(port))["is_sending"]:
        time.sleep(_CHECK_EVERY_SECONDS)
    return float(text["due_at"]) if text["due_at"] is not None else None


def _pump(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PUMP_SECONDS_MAX)
    with contextlib.closing(connection):
        connection.request("POST", "/_sim/pump")
        text: dict[str, Any] = json.loads(connection.getresponse().read())
        return text


def _log(options: Options) -> Path:
    return options.logs / "simulators.log"


def _last_line(options: Options) -> str:
    lines = _log(options).read_text(errors="replace").splitlines()
    return f"{lines[-1] if lines else 'it printed nothing'} ({_log(options)})"


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/_sim/ledger")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
