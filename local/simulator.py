"""The simulators of all gateways, as one child of this process."""

import http.client
import subprocess
import time
from pathlib import Path

from local import processes
from local.clock import Clock
from local.options import ROOT, Options, StackError

MODULE = "simulators"
_START_SECONDS_MAX = 30
_LOOK_EVERY_SECONDS = 0.05


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
            folder=ROOT,
            environment=processes.base_environment() | {"PAVATI_CLOCK": clock.environment},
            output=log,
        )


def await_simulators(process: subprocess.Popen[bytes], options: Options) -> None:
    give_up_at = time.monotonic() + _START_SECONDS_MAX
    for name, port in options.port_by_gateway.items():
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise StackError(f"The simulator of {name} did not start: {_last_line(options)}")
            time.sleep(_LOOK_EVERY_SECONDS)


def _log(options: Options) -> Path:
    return options.logs / "simulators.log"


def _last_line(options: Options) -> str:
    lines = _log(options).read_text(errors="replace").splitlines()
    return f"{lines[-1] if lines else 'it said nothing'} ({_log(options)})"


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/_sim/ledger")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
