"""The command line that simulators share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from simulators.kit.clock import RunningClock, clock_from
from simulators.kit.server import PortBusyError, RunningSimulator, SimulatorApp, log_to_stderr, serve

BuildApp = Callable[[argparse.Namespace, RunningClock], SimulatorApp]


def parser(name: str, port: int) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog=f"python -m simulators.{name}", description=f"A local stand-in for {name}.")
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=port, help="0 picks a free one (default: %(default)s)")
    options.add_argument("--webhook-url", default="", help="where to send webhooks; empty: nowhere")
    return options


def run(options: argparse.ArgumentParser, build: BuildApp, arguments: Sequence[str] | None = None) -> int:
    given = options.parse_args(arguments)
    log_to_stderr()
    try:
        clock = clock_from()
        serve(RunningSimulator(build(given, clock), clock, given.host, given.port), options.prog)
    except (PortBusyError, ValueError, OSError) as problem:
        sys.stderr.write(f"{options.prog}: {problem}\n")
        return 1
    return 0
