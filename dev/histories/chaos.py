"""Faults: what goes wrong and when, drawn from one seed or given by a script.

Each task draws from its own stream, named by seed and task, and draws equally often at each point. So a history without
one of its faults is the same up to where that fault mattered, and a failing history can be minimised.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

STORE_FAULTS = ("throttled", "lost_before", "lost_after", "resent", "torn", "unprocessed", "invalid")
HTTP_FAULTS = (
    "refused",
    "timeout_before",
    "timeout_after",
    "late_effect",
    "reset_before",
    "reset_after",
    "error_before",
    "error_after",
    "garbage",
    "unauthorized",
    "too_many",
    "wrong_amount",
    "webhook_first",
    "rejected",
    "not_found",
    "timed_out_before",
    "timed_out_after",
    "conflict_before",
    "conflict_after",
    "unavailable_before",
    "unavailable_after",
    "truncated",
    "slow",
)
FLOW_FAULTS = ("refused", "lost_after")
KILLS = ("kill_before", "kill_after")
STRATEGIES = ("calm", "wide", "racing")
_RACE_GRID_MS = 400
_HOUR_MS = 3_600_000.0
_SKEW_MAX_MS = 14_000.0  # Two clocks differ by less than a lease lasts; every lease relies on that.
WHOLE_MS = 14 * 86_400_000.0  # The watch for late money ends six days after an order's expiry.

Script = dict[tuple[str, int], str]  # By task and point number: the fault.


@dataclass(frozen=True)
class Profile:
    """How often each fault occurs. A few kinds at a time find more than all of them always."""

    strategy: str = "calm"
    kill_rate: float = 0.0
    freeze_rate: float = 0.0
    skew_ms: float = 0.0
    index_lag_ms: float = 0.0
    # By "store", "http", "flow": the rate of any fault at a point.
    rates: dict[str, float] = field(default_factory=dict)
    enabled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    webhook_loss: float = 0.0
    webhook_copies_max: int = 1
    webhook_delay_max_ms: float = 2_000.0
    calm_after_ms: float = 3_600_000.0
    webhook_delay_min_ms: float = 0.0
    first_poll_ms: float = 22_000.0  # After the hand-off, as the state machine says.
    poll_stretch: int = 1  # Polling executions come later than scheduled by this factor.
    first_sweep_ms: float = 0.0  # From the start until this time the schedule is off.
    until_ms: float = WHOLE_MS  # No acts after this; below WHOLE_MS the watch for late money is cut off.
    rests_ms: float = 4.5 * _HOUR_MS  # How long the world goes on without faults: each hourly job runs twice.


CALM = Profile()


def draw_profile(rng: random.Random, is_short: bool = False) -> Profile:
    """Swarm testing: each seed has a few faults of its own, each with its own rate. A short history ends before the
    watch for late money.
    """
    enabled = {
        kind: tuple(fault for fault in faults if rng.random() < 0.4)
        for kind, faults in (("store", STORE_FAULTS), ("http", HTTP_FAULTS), ("flow", FLOW_FAULTS))
    }
    return Profile(
        strategy=rng.choices(STRATEGIES, (2, 1, 1))[0],
        kill_rate=rng.choice((0.0, 0.003, 0.01, 0.03)),
        freeze_rate=rng.choice((0.0, 0.0, 0.003)),
        skew_ms=rng.choice((0.0, 0.0, 500.0, 5_000.0, _SKEW_MAX_MS)),
        index_lag_ms=rng.choice((0.0, 0.0, 1_000.0, 30_000.0)),
        rates={kind: rng.choice((0.0, 0.02, 0.1, 0.25)) if faults else 0.0 for kind, faults in enabled.items()},
        enabled=enabled,
        webhook_loss=rng.choice((0.0, 0.1, 0.5, 1.0)),
        webhook_copies_max=rng.choice((1, 2, 5)),
        webhook_delay_max_ms=rng.choice((100.0, 5_000.0, 600_000.0, (1 if is_short else 72) * _HOUR_MS)),
        calm_after_ms=rng.choice((600_000.0, _HOUR_MS, 4 * _HOUR_MS, (8 if is_short else 48) * _HOUR_MS)),
        poll_stretch=rng.choice((1, 5, 20, 60)),
        until_ms=30 * _HOUR_MS if is_short else WHOLE_MS,
    )


@dataclass(frozen=True, slots=True)
class Point:
    """What happens at one I/O point. Times are milliseconds."""

    fault: str
    there_ms: float  # Until the request arrives,
    inside_ms: float  # until it takes effect,
    back_ms: float  # and until the answer is back.
    tie: float


class Stream:
    """The random draws of one task."""

    def __init__(self, chaos: Chaos, name: str) -> None:
        self._chaos, self._name = chaos, name
        self._random = random.Random(f"{chaos.seed}/{name}").random

    def point(self, kind: str, number: int, is_calm: bool) -> Point:
        if is_calm and self._chaos.script is None:
            return _UNTROUBLED
        draw = self._random
        kill, which, fault, choice, there, inside, back, tie = (draw() for _ in range(8))
        chaos, profile = self._chaos, self._chaos.profile
        if chaos.script is not None:
            text = chaos.script.get((self._name, number), "")
        elif kill < profile.kill_rate:
            text = KILLS[which < 0.5]
        elif fault < profile.rates.get(kind, 0.0) and profile.enabled.get(kind):
            possible = profile.enabled[kind]
            text = possible[int(choice * len(possible))]
        elif kind == "clock" and fault < profile.freeze_rate:
            text = "freeze"
        else:
            text = ""
        if text:
            chaos.happened[self._name, number] = text
        longest = 20.0 if is_calm else _LONGEST_MS[profile.strategy]
        return Point(
            text, _between(1.0, longest, there), _between(0.5, longest / 4, inside), _between(1.0, 20.0, back), tie
        )


_UNTROUBLED = Point("", 8.0, 1.0, 8.0, 0.5)
_LONGEST_MS = {"calm": 20.0, "wide": 3_000.0, "racing": 60.0}


def _between(low: float, high: float, drawn: float) -> float:
    """Log-uniform: mostly short, sometimes long."""
    return float(low * (high / low) ** drawn)


class Chaos:
    def __init__(self, seed: int, profile: Profile, script: Script | None = None) -> None:
        self.seed, self.profile, self.script = seed, profile, script
        self.happened: Script = {}

    def stream(self, name: str) -> Stream:
        return Stream(self, name)

    def rng(self, name: str) -> random.Random:
        """A random source for what is drawn once: an instance, a payer, a delivery."""
        return random.Random(f"{self.seed}/{name}")

    def write_at(self, when_ms: float) -> float:
        """In a profile `racing` writes coincide: each waits until the next full beat."""
        if self.profile.strategy != "racing":
            return when_ms
        return (when_ms // _RACE_GRID_MS + 1) * _RACE_GRID_MS
