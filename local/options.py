"""What a person may choose: PORT, SIM_PORT, SPEED, and where the state is kept."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulators import GATEWAYS

PORT_MAX = 65535
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
    def webhooks_url(self) -> str:
        """Each gateway posts to its own name below it."""
        return f"{self.url}/v1/webhooks"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.sim_port}"

    @property
    def port_by_gateway(self) -> dict[str, int]:
        """Of the simulators."""
        return {name: self.sim_port + number for number, name in enumerate(GATEWAYS)}

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
            "Gateways": ",".join(GATEWAYS),
            "JwtIssuer": self.issuer,
            "JwtAudience": AUDIENCE,
            "PublicBaseUrl": self.url,
            "ReturnUrlAllowList": f"{self.url},http://localhost:3000",
            "PhonePeClientId": "PAVATISIM",
            "PhonePeClientVersion": "1",
        }


def parse_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    if arguments:
        raise StackError("No arguments are taken: set PORT, SIM_PORT, SPEED or STATE in the environment.")
    default = Options()
    options = Options(
        port=_whole(environment, "PORT", default.port, PORT_MAX),
        sim_port=_whole(environment, "SIM_PORT", default.sim_port, PORT_MAX - len(GATEWAYS) + 1),
        speed=_speed(environment, default.speed),
        state=Path(environment.get("STATE") or default.state),
        template=Path(environment.get("TEMPLATE") or default.template),
        workers=_whole(environment, "WORKERS", default.workers, 1000),
    )
    simulated = options.port_by_gateway.values()
    if options.port in simulated:
        taken = f"{min(simulated)} to {max(simulated)} are the simulators'"
        raise StackError(f"SIM_PORT must leave PORT free: {taken}, and PORT is {options.port}.")
    return options


def _whole(environment: Mapping[str, str], variable: str, default: int, most: int) -> int:
    given = environment.get(variable) or str(default)
    if not (given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= most):
        raise StackError(f"{variable} must be a whole number from 1 to {most}, not {given!r}.")
    return int(given)


def _speed(environment: Mapping[str, str], default: float) -> float:
    given = environment.get("SPEED") or str(default)
    try:
        speed = float(given)
    except ValueError:
        speed = math.nan
    if not 0 < speed < math.inf:
        raise StackError(f"SPEED must be a number above 0, not {given!r}.")
    return speed
