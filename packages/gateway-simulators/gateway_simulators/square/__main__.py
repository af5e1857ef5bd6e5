"""python -m gateway_simulators.square --port 8105 --webhook-url http://127.0.0.1:8000/v1/webhooks/square"""

from __future__ import annotations

import argparse
import sys

from gateway_simulators.kit import cli
from gateway_simulators.kit.clock import RunningClock
from gateway_simulators.kit.server import SimulatorApp
from gateway_simulators.square.app import create_app
from gateway_simulators.square.model import SquareModel
from gateway_simulators.square.settings import Settings


def options() -> argparse.ArgumentParser:
    parser = cli.parser_with_memory("square", usual_port=8105)
    parser.add_argument("--declines-400", action="store_true", help="every decline is a 400, none a 402")
    parser.add_argument("--refund-s", type=float, default=5.0, help="seconds from PENDING to COMPLETED")
    return parser


def build(given: argparse.Namespace, clock: RunningClock) -> SimulatorApp:
    settings = Settings(
        webhook_url=given.webhook_url, all_declines_are_400=given.declines_400, refund_seconds=given.refund_s
    )
    return cli.begin(given, clock, lambda now, rng, _: SquareModel(now, rng, settings), create_app)


if __name__ == "__main__":
    sys.exit(cli.run(options(), build))
