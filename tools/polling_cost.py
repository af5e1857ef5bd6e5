"""What polling costs in Step Functions transitions, for a mix of payments, read from the definition itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

Settles = Callable[[random.Random], float]

# (share, when the gateway's answer becomes final, in seconds after hand-off)
DEFAULT_MIX: tuple[tuple[float, Settles], ...] = (
    (0.80, lambda chance: chance.uniform(4, 20)),
    (0.15, lambda chance: chance.uniform(60, 180)),
    (0.05, lambda chance: chance.uniform(20 * 60, 60 * 60)),  # Abandoned: final at its expiry.
)
_STATES_ENTERED = 2  # The wait and the task; each retry is one transition more, and the start is one.


def check_instants(definition: dict[str, Any]) -> Iterator[int]:
    """Seconds after the start at which an open payment is checked, without end."""
    states = definition["States"]
    now_s: int = states[definition["StartAt"]]["Seconds"]
    *bounded, last, _ = states["Poll"]["Retry"]
    yield now_s
    for retrier in bounded:
        for _ in range(retrier["MaxAttempts"] - 1):  # One attempt is the spare.
            yield (now_s := now_s + retrier["IntervalSeconds"])
    while True:
        yield (now_s := now_s + last["IntervalSeconds"])


def transitions(definition: dict[str, Any], settled_s: float) -> int:
    """State transitions of one execution whose payment is final `settled_s` seconds after hand-off."""
    checks = 1
    for instant_s in check_instants(definition):
        if instant_s >= settled_s:
            break
        checks += 1
    return _STATES_ENTERED + (checks - 1) + 1


def mean_transitions(definition: dict[str, Any], payments: int = 20_000, seed: int = 1) -> float:
    """Mean transitions per payment over the mix."""
    chance = random.Random(seed)  # noqa: S311  A simulation, not a secret.
    shares = [share for share, _ in DEFAULT_MIX]
    drawn = chance.choices([settles for _, settles in DEFAULT_MIX], shares, k=payments)
    return sum(transitions(definition, settles(chance)) for settles in drawn) / payments
