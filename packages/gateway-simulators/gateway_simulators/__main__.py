"""python -m gateway_simulators --port 8101 --webhook-url http://127.0.0.1:8000/v1/webhooks --state FOLDER

Run all gateways in one process. The first of GATEWAYS listens on the given port, each further one on the next port.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from gateway_simulators import GATEWAYS
from gateway_simulators.kit import cli
from gateway_simulators.kit.clock import RunningClock, clock_from
from gateway_simulators.kit.ports import free_row
from gateway_simulators.kit.server import PortBusyError, RunningSimulator, log_to_stderr, serve


def main(arguments: Sequence[str] | None = None) -> int:
    options = all_options()
    given = options.parse_args(arguments)
    highest = cli.PORT_MAX - len(GATEWAYS) + 1
    if given.port > highest:
        options.error(f"argument --port: {len(GATEWAYS)} ports are needed from it on: send at most {highest}")
    given.port = given.port or free_row(len(GATEWAYS))
    log_to_stderr()
    try:
        clock = clock_from()
        serve({name: _begin(name, number, given, clock) for number, name in enumerate(GATEWAYS)})
    except (PortBusyError, ValueError, OSError, ImportError) as problem:
        sys.stderr.write(f"{options.prog}: {cli.text_of(problem)}\n")
        return 1
    return 0


def all_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="gateway-simulators", description=f"Local {', '.join(GATEWAYS)}.")
    options.add_argument(
        "--port", type=cli.port, default=8101, help="of the first one; 0 picks free ones (default: %(default)s)"
    )
    options.add_argument(
        "--webhook-url", type=cli.webhook_url, default="", help="each simulator adds /<name>; empty: send no webhooks"
    )
    options.add_argument("--state", type=Path, default=None, metavar="FOLDER", help="keeps all records over a restart")
    return options


def _begin(name: str, number: int, given: argparse.Namespace, clock: RunningClock) -> RunningSimulator:
    """Build the simulator as `python -m gateway_simulators.<name>` would; its module has the parser and the factory."""
    module = import_module(f"gateway_simulators.{name}.__main__")
    if given.state is not None:
        given.state.mkdir(parents=True, exist_ok=True)
    chosen = module.options().parse_args(arguments_of(name, number, given))
    return RunningSimulator(module.build(chosen, clock), clock, chosen.host, chosen.port)


def arguments_of(name: str, number: int, given: argparse.Namespace) -> list[str]:
    """The command line of the simulator `name`, which is the `number`th."""
    webhook_url = f"{given.webhook_url.rstrip('/')}/{name}" if given.webhook_url else ""
    arguments = ["--port", str(given.port + number), "--webhook-url", webhook_url]
    return arguments if given.state is None else [*arguments, "--state", str(given.state / f"{name}.jsonl")]


def command() -> None:
    """Entry point of the installed command `gateway-simulators`."""
    sys.exit(main())


if __name__ == "__main__":
    command()
