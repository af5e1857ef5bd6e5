"""python -m gateway_simulators.razorpay --port 8102 --webhook-url http://127.0.0.1:8000/v1/webhooks/razorpay"""

from __future__ import annotations

import argparse
import sys

from gateway_simulators.kit import cli
from gateway_simulators.kit.clock import RunningClock
from gateway_simulators.kit.server import SimulatorApp
from gateway_simulators.razorpay.app import create_app
from gateway_simulators.razorpay.model import RazorpayModel
from gateway_simulators.razorpay.settings import Settings


def options() -> argparse.ArgumentParser:
    parser = cli.parser_with_memory("razorpay", usual_port=8102)
    parser.add_argument("--refund-s", type=float, default=4.0, help="seconds from pending to processed")
    parser.add_argument("--no-s2s", action="store_true", help="the account may not create payments from its server")
    return parser


def build(given: argparse.Namespace, clock: RunningClock) -> SimulatorApp:
    settings = Settings(webhook_url=given.webhook_url, refund_seconds=given.refund_s, serves_s2s=not given.no_s2s)
    return cli.begin(given, clock, lambda now, rng, _: RazorpayModel(now, rng, settings), create_app)


if __name__ == "__main__":
    sys.exit(cli.run(options(), build))
