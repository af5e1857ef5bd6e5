"""python -m gateway_simulators.phonepe --port 8101 --webhook-url http://127.0.0.1:8000/v1/webhooks/phonepe"""

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
from gateway_simulators.phonepe.app import create_app
from gateway_simulators.phonepe.model import PhonePeModel
from gateway_simulators.phonepe.settings import HMAC, SHA256, Settings


def options() -> argparse.ArgumentParser:
    parser = cli.parser_with_memory("phonepe", usual_port=8101)
    parser.add_argument("--webhook-auth", choices=(SHA256, HMAC), default=SHA256)
    parser.add_argument(
        "--refund-step-s", type=float, default=2.0, help="seconds from PENDING to CONFIRMED, and again to COMPLETED"
    )
    return parser


def build(given: argparse.Namespace, clock: RunningClock) -> SimulatorApp:
    settings = Settings(
        webhook_url=given.webhook_url, webhook_auth=given.webhook_auth, refund_step_seconds=given.refund_step_s
    )
    return cli.begin(given, clock, partial(remembering, settings=settings), create_app)


def remembering(
    now: Callable[[], float], rng: random.Random, tokens: Mapping[str, Any], settings: Settings
) -> PhonePeModel:
    model = PhonePeModel(now, rng, settings)
    model.tokens.given.update({token: (expires_at, merchant_id) for token, (expires_at, merchant_id) in tokens.items()})
    return model


if __name__ == "__main__":
    sys.exit(cli.run(options(), build))
