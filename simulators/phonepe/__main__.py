"""python -m simulators.phonepe --port 8101 --webhook-url http://127.0.0.1:8000/v1/webhooks/phonepe"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from simulators.kit import cli
from simulators.kit.clock import RunningClock
from simulators.kit.replay import Diary
from simulators.kit.server import SimulatorApp
from simulators.phonepe.app import create_app
from simulators.phonepe.model import PhonePeModel
from simulators.phonepe.settings import HMAC, SHA256, Settings


def options() -> argparse.ArgumentParser:
    parser = cli.parser("phonepe", port=8101)
    parser.add_argument("--webhook-auth", choices=(SHA256, HMAC), default=SHA256)
    parser.add_argument("--refund-step-s", type=float, default=2.0, help="PENDING to CONFIRMED, and on to COMPLETED")
    parser.add_argument("--seed", type=int, default=None, help="makes ids repeatable")
    parser.add_argument("--state", type=Path, default=None, metavar="FILE", help="remembers all over a restart")
    return parser


def build(given: argparse.Namespace, clock: RunningClock) -> SimulatorApp:
    settings = Settings(
        webhook_url=given.webhook_url, webhook_auth=given.webhook_auth, refund_step_seconds=given.refund_step_s
    )
    if given.state is None:
        return create_app(PhonePeModel(clock.now, random.Random(given.seed), settings), speed=clock.speed)
    diary = Diary(given.state, clock.now, given.seed)
    return diary.replay(create_app(remembering(diary, settings), speed=clock.speed, diary=diary))


def remembering(diary: Diary, settings: Settings) -> PhonePeModel:
    model = PhonePeModel(diary.now, diary.rng, settings)
    model.tokens.expires_at.update(diary.kept)
    return model


if __name__ == "__main__":
    sys.exit(cli.run(options(), build))
