"""The cost of polling in Step Functions transitions, for a mix of payments, computed from the definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# (share of payments, the gateway's answer becomes final from … to … seconds after hand-off, evenly spread)
DEFAULT_MIX = (
    (0.80, 4, 20),
    (0.15, 60, 180),
    (0.05, 20 * 60, 60 * 60),  # Abandoned: final at the order's expiry.
)
_STATES_ENTERED = 2  # The wait and the task. Each retry is one more transition, and so is the start.


def check_instants(definition: dict[str, Any]) -> Iterator[int]:
    """Seconds after the start at which an open payment is checked, endlessly."""
    states = definition["States"]
    now_s: int = states[definition["StartAt"]]["Seconds"]
    *bounded, last, _ = states["Poll"]["Retry"]
    yield now_s
    for retrier in bounded:
        for _ in range(retrier["MaxAttempts"] - 1):  # The last try of each step is spare.
            yield (now_s := now_s + retrier["IntervalSeconds"])
    while True:
        yield (now_s := now_s + last["IntervalSeconds"])


def transitions(definition: dict[str, Any], final_s: float) -> int:
    """State transitions of one execution whose payment is final `final_s` seconds after hand-off."""
    retries = 0
    for instant_s in check_instants(definition):
        if instant_s >= final_s:
            break
        retries += 1
    return _STATES_ENTERED + retries + 1


def mean_transitions(definition: dict[str, Any], samples: int = 1000) -> float:
    """Mean transitions per payment over the mix; each time span is sampled evenly."""
    mean = 0.0
    for share, from_s, to_s in DEFAULT_MIX:
        step_s = (to_s - from_s) / samples
        counts = [transitions(definition, from_s + step_s * (sample + 0.5)) for sample in range(samples)]
        mean += share * sum(counts) / samples
    return mean
