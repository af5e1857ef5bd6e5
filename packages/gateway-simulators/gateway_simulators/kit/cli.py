"""The command line options that all simulators share."""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gateway_simulators.kit.clock import RunningClock, clock_from
from gateway_simulators.kit.ports import free_row
from gateway_simulators.kit.replay import Diary
from gateway_simulators.kit.server import PortBusyError, RunningSimulator, SimulatorApp, log_to_stderr, serve

PORT_MAX = 65535
_URL = re.compile(r"https?://[^\s/?#]+[^\s?#]*")
M = TypeVar("M")
Model = TypeVar("Model", contravariant=True)
BuildApp = Callable[[argparse.Namespace, RunningClock], SimulatorApp]
MakeModel = Callable[[Callable[[], float], random.Random, Mapping[str, Any]], M]


class MakeApp(Protocol[Model]):
    def __call__(self, model: Model, *, speed: float, diary: Diary | None = None) -> SimulatorApp: ...


def port(text: str) -> int:
    """A port, or 0. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError(f"send a whole number from 0 to {PORT_MAX}, not {text!r}")
    return int(text)


def webhook_url(text: str) -> str:
    """An http or https address, or "". Raises ArgumentTypeError."""
    if text and not _URL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"send an address such as http://127.0.0.1:8000/webhooks, not {text!r}")
    return text


def text_of(problem: Exception) -> str:
    """One line for the terminal."""
    if isinstance(problem, OSError) and problem.filename:
        return f"--state {problem.filename}: {problem.strerror}: choose another"
    return str(problem)


def parser(name: str, usual_port: int) -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog=f"python -m gateway_simulators.{name}", description=f"A local stand-in for {name}."
    )
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=port, default=usual_port, help="0 picks a free one (default: %(default)s)")
    options.add_argument("--webhook-url", type=webhook_url, default="", help="where to send webhooks; empty: send none")
    return options


def parser_with_memory(name: str, usual_port: int) -> argparse.ArgumentParser:
    """Parser of a simulator that `begin` starts; adds the options `--seed` and `--state`."""
    options = parser(name, usual_port)
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
    given.port = given.port or free_row(1)  # Known before the app is built: PayPal's links contain it.
    try:
        clock = clock_from()
        serve({options.prog: RunningSimulator(build(given, clock), clock, given.host, given.port)})
    except (PortBusyError, ValueError, OSError) as problem:
        sys.stderr.write(f"{options.prog}: {text_of(problem)}\n")
        return 1
    return 0
