"""The command line options that all simulators share."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gateway_simulators.kit.clock import RunningClock, clock_from
from gateway_simulators.kit.replay import Diary
from gateway_simulators.kit.server import PortBusyError, RunningSimulator, SimulatorApp, log_to_stderr, serve

M = TypeVar("M")
Model = TypeVar("Model", contravariant=True)
BuildApp = Callable[[argparse.Namespace, RunningClock], SimulatorApp]
MakeModel = Callable[[Callable[[], float], random.Random, Mapping[str, Any]], M]


class MakeApp(Protocol[Model]):
    def __call__(self, model: Model, *, speed: float, diary: Diary | None = None) -> SimulatorApp: ...


def parser(name: str, port: int) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog=f"python -m gateway_simulators.{name}", description=f"A local stand-in for {name}."
    )
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=port, help="0 picks a free one (default: %(default)s)")
    options.add_argument("--webhook-url", default="", help="where to send webhooks; empty: send none")
    return options


def parser_with_memory(name: str, port: int) -> argparse.ArgumentParser:
    """Parser of a simulator that `begin` starts; adds the options `--seed` and `--state`."""
    options = parser(name, port)
    options.add_argument("--seed", type=int, default=None, help="the same seed gives the same ids")
    options.add_argument("--state", type=Path, default=None, metavar="FILE", help="keeps all records over a restart")
    return options


def begin(given: argparse.Namespace, clock: RunningClock, model: MakeModel[M], app: MakeApp[M]) -> SimulatorApp:
    """Build one simulator. `model` receives the clock, the random source and the credentials issued before a
    restart.
    """
    if given.state is None:
        return app(model(clock.now, random.Random(given.seed), {}), speed=clock.speed)
    diary = Diary(given.state, clock.now, given.seed)
    return diary.replay(app(model(diary.now, diary.rng, diary.stored), speed=clock.speed, diary=diary))


def run(options: argparse.ArgumentParser, build: BuildApp, arguments: Sequence[str] | None = None) -> int:
    given = options.parse_args(arguments)
    log_to_stderr()
    try:
        clock = clock_from()
        serve({options.prog: RunningSimulator(build(given, clock), clock, given.host, given.port)})
    except (PortBusyError, ValueError, OSError) as problem:
        sys.stderr.write(f"{options.prog}: {problem}\n")
        return 1
    return 0
