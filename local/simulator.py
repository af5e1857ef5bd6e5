"""The PhonePe simulator, as a child of this process."""

import http.client
import subprocess
import time

from local import processes
from local.clock import Clock
from local.options import ROOT, Options, StackError

MODULE = "simulators.phonepe"
_START_SECONDS_MAX = 20
_LOOK_EVERY_SECONDS = 0.05


def start_simulator(options: Options, clock: Clock) -> subprocess.Popen[bytes]:
    with (options.logs / "simulator.log").open("ab", buffering=0) as log:
        return processes.start_module(
            [
                MODULE,
                "--port",
                str(options.sim_port),
                "--webhook-url",
                f"{options.url}/v1/webhooks/phonepe",
                "--state",
                str((options.state / "simulator.jsonl").resolve()),
            ],
            folder=ROOT,
            environment=processes.base_environment() | {"PAVATI_CLOCK": clock.environment},
            output=log,
        )


def await_simulator(process: subprocess.Popen[bytes], options: Options) -> None:
    give_up_at = time.monotonic() + _START_SECONDS_MAX
    while not _answers(options.sim_port):
        if process.poll() is not None or time.monotonic() > give_up_at:
            raise StackError(f"The simulator did not start; see {options.logs / 'simulator.log'}.")
        time.sleep(_LOOK_EVERY_SECONDS)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/_sim/ledger")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
