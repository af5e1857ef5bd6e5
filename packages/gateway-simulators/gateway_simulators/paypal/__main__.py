"""python -m gateway_simulators.paypal --port 8103 --webhook-url http://127.0.0.1:8000/v1/webhooks/paypal"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from gateway_simulators.kit import cli
from gateway_simulators.kit.clock import RunningClock
from gateway_simulators.kit.server import SimulatorApp
from gateway_simulators.paypal.app import create_app
from gateway_simulators.paypal.model import PayPalModel
from gateway_simulators.paypal.settings import Settings


def options() -> argparse.ArgumentParser:
    parser = cli.parser_with_memory("paypal", usual_port=8103)
    parser.add_argument(
        "--refund-step-s", type=float, default=2.0, help="seconds from PENDING to COMPLETED; 0: at once"
    )
    return parser


def build(given: argparse.Namespace, clock: RunningClock) -> SimulatorApp:
    settings = Settings(
        origin=f"http://{given.host}:{given.port}",
        webhook_url=given.webhook_url,
        refund_step_seconds=given.refund_step_s,
    )
    return cli.begin(given, clock, partial(remembering, settings=settings), create_app)


def remembering(
    now: Callable[[], float], rng: random.Random, tokens: Mapping[str, Any], settings: Settings
) -> PayPalModel:
    model = PayPalModel(now, rng, settings)
    model.tokens.expires_at.update(tokens)
    return model


if __name__ == "__main__":
    sys.exit(cli.run(options(), build))
