"""What a person may choose: PORT, SIM_PORT, SPEED, and where the state is kept."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
AUDIENCE = "pavati-local"
PREWARMED = "InitiateFunction"  # What a newcomer calls first.


class StackError(Exception):
    """Something the person at the console can put right; the message says how."""


@dataclass(frozen=True)
class Options:
    port: int = 8000
    sim_port: int = 8101
    speed: float = 1.0
    state: Path = ROOT / ".pavati"
    template: Path = ROOT / "template.yaml"
    workers: int = 3

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer(self) -> str:
        return f"{self.url}/_local"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.sim_port}"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters, as they are on this machine."""
        return {
            "Stage": "dev",
            "GatewayMode": "simulator",
            "SimulatorUrl": self.simulator_url,
            "JwtIssuer": self.issuer,
            "JwtAudience": AUDIENCE,
            "PublicBaseUrl": self.url,
            "ReturnUrlAllowList": f"{self.url},http://localhost:3000",
            "PhonePeClientId": "PAVATISIM",
            "PhonePeClientVersion": "1",
        }


def parse_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    parser = argparse.ArgumentParser(prog="python -m local", description="Runs template.yaml on this machine.")
    default = Options()
    for name, kind, value, text in (
        ("port", int, default.port, "port of the API (PORT)"),
        ("sim-port", int, default.sim_port, "port of the simulator (SIM_PORT)"),
        ("speed", float, default.speed, "how many times faster waits and schedules run (SPEED)"),
        ("state", Path, default.state, "folder of data and logs (STATE)"),
        ("template", Path, default.template, "the SAM template (TEMPLATE)"),
        ("workers", int, default.workers, "processes per function, at most (WORKERS)"),
    ):
        variable = name.upper().replace("-", "_")
        parser.add_argument(f"--{name}", type=kind, default=environment.get(variable) or value, help=text)
    options = Options(**vars(parser.parse_args(arguments)))
    if options.speed <= 0 or options.workers < 1:
        raise StackError("SPEED must be more than 0 and WORKERS at least 1.")
    return options
