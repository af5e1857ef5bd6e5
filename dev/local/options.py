"""Settings of a run: PORT, SIM_PORT, SPEED, the folder of the state, and the origins to which payers may return."""

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway_simulators import GATEWAYS

PORT_MAX = 65535
SPEED_MAX = 1000  # Above it a call takes longer than its time limit.
ROOT = Path(__file__).parents[2]
AUDIENCE = "pavati-local"
ANY_LOCAL_PORT = ("http://localhost:*", "http://127.0.0.1:*")
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?|http://(localhost|127\.0\.0\.1)(:([0-9]+|\*))?")
FURTHER_ACCOUNTS = ("phonepe:second",)  # Of the simulators' merchants; a workspace may use one.
PREWARMED = ("InitiateFunction", "ApplyFunction")  # The functions that the first payment needs.


class StackError(Exception):
    """An error that the person at the terminal can fix; the message says how."""


@dataclass(frozen=True)
class Options:
    port: int = 8000
    sim_port: int = 8101
    speed: float = 1.0
    state: Path = ROOT / ".pavati"
    template: Path = ROOT / "template.yaml"
    workers: int = 3
    return_origins: tuple[str, ...] = ANY_LOCAL_PORT

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer(self) -> str:
        return f"{self.url}/_local"

    @property
    def webhooks_url(self) -> str:
        """Each gateway sends to its own name below it."""
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
        """The template's parameters on this machine."""
        return {
            "Stage": "dev",
            "GatewayMode": "simulator",
            "SimulatorUrl": self.simulator_url,
            "Gateways": ",".join((*GATEWAYS, *FURTHER_ACCOUNTS)),
            "JwtIssuer": self.issuer,  # Over http, which CloudFormation refuses.
            "JwtAudience": AUDIENCE,
            "PublicBaseUrl": self.url,
            "WebhookConcurrency": "20",  # As in production.
            "Release": "0" * 64,
            # The demo shop has the stack's own origin.
            "ReturnUrlAllowList": ",".join((self.url, *self.return_origins)),
        }


def parse_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    if arguments:
        raise StackError(
            "No arguments are taken: set PORT, SIM_PORT, SPEED, STATE or RETURN_ORIGINS in the environment."
        )
    default = Options()
    options = Options(
        port=_whole(environment, "PORT", default.port, PORT_MAX),
        sim_port=_whole(environment, "SIM_PORT", default.sim_port, PORT_MAX - len(GATEWAYS) + 1),
        speed=_speed(environment, default.speed),
        state=Path(environment.get("STATE") or default.state),
        template=_template(environment, default.template),
        workers=_whole(environment, "WORKERS", default.workers, 1000),
        return_origins=_origins(environment) or default.return_origins,
    )
    simulated = options.port_by_gateway.values()
    if options.port in simulated:
        in_use = f"{min(simulated)} to {max(simulated)} are the simulators'"
        raise StackError(f"SIM_PORT must leave PORT free: {in_use}, and PORT is {options.port}.")
    return options


def _template(environment: Mapping[str, str], default: Path) -> Path:
    path = Path(environment.get("TEMPLATE") or default)
    if not path.is_file():
        raise StackError(f"TEMPLATE must be a SAM template; there is no file {path}.")
    return path


def _whole(environment: Mapping[str, str], variable: str, default: int, most: int) -> int:
    given = environment.get(variable) or str(default)
    if not (given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= most):
        raise StackError(f"{variable} must be a whole number from 1 to {most}, not {given!r}.")
    return int(given)


def _origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    given = tuple(filter(None, map(str.strip, environment.get("RETURN_ORIGINS", "").split(","))))
    for origin in given:
        if not _ORIGIN.fullmatch(origin):
            form = "https://shop.example.com, http://localhost:3000 or http://localhost:*, without a path"
            raise StackError(f"RETURN_ORIGINS must be origins with a comma between, like {form}; not {origin!r}.")
    return given


def _speed(environment: Mapping[str, str], default: float) -> float:
    given = environment.get("SPEED") or str(default)
    try:
        speed = float(given)
    except ValueError:
        speed = math.nan
    if not 0 < speed <= SPEED_MAX:
        raise StackError(f"SPEED must be a number above 0, up to {SPEED_MAX}, not {given!r}.")
    return speed
