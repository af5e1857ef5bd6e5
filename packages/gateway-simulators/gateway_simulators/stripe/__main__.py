"""python -m gateway_simulators.stripe --port 8104 --webhook-url http://127.0.0.1:8000/v1/webhooks/stripe"""

from __future__ import annotations

import argparse
import sys

from gateway_simulators.kit import cli
from gateway_simulators.kit.clock import RunningClock
from gateway_simulators.kit.server import SimulatorApp
from gateway_simulators.stripe.app import create_app
from gateway_simulators.stripe.model import StripeModel
from gateway_simulators.stripe.settings import EVERY_EVENT, USUAL_EVENTS, Settings


def options() -> argparse.ArgumentParser:
    parser = cli.parser_with_memory("stripe", usual_port=8104)
    parser.add_argument(
        "--every-event", action="store_true", help="send webhooks of all event types, not only of the usual ones"
    )
    parser.add_argument("--refund-s", type=float, default=0.0, help="seconds from pending to succeeded; 0: at once")
    return parser


def build(given: argparse.Namespace, clock: RunningClock) -> SimulatorApp:
    settings = Settings(
        webhook_url=given.webhook_url,
        enabled_events=EVERY_EVENT if given.every_event else USUAL_EVENTS,
        refund_seconds=given.refund_s,
    )
    return cli.begin(given, clock, lambda now, rng, _: StripeModel(now, rng, settings), create_app)


if __name__ == "__main__":
    sys.exit(cli.run(options(), build))
