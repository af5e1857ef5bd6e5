"""Cold starts: from the start of the process to its first answer, our functions and the references in turn."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median

from dev.bench.case import Case
from dev.bench.lambdas import Start, start
from dev.bench.stubs import Stubs
from dev.bench.table import Line, compared, say

ROUNDS, ROUNDS_MIN = 13, 7
_LASTS_S_MAX = 100.0  # On a very busy machine there are fewer rounds.
REFERENCE = "put_item"


def measure(cases: Sequence[Case], stubs: Stubs, rounds: int = ROUNDS) -> list[Line]:
    for case in cases:
        _start(case, stubs)  # After this its files are in memory.
    starts: dict[str, list[Start]] = {case.function.name: [] for case in cases}
    began = time.monotonic()
    for number in range(1, rounds + 1):
        for case in cases:
            starts[case.function.name].append(_start(case, stubs))
        if number % 4 == 0:
            say(f"cold starts: {number} of {rounds} rounds")
        if number >= ROUNDS_MIN and time.monotonic() - began > _LASTS_S_MAX:
            break
    return [line for case in cases for line in _lines(case, starts)]


def _start(case: Case, stubs: Stubs) -> Start:
    stubs.heard()
    took, outcome = start(case.function, case.event())
    case.check(outcome, stubs.heard())
    return took


def _lines(case: Case, starts: dict[str, list[Start]]) -> Iterator[Line]:
    ours, reference = starts[case.function.name], starts[REFERENCE]
    for kind, goal in (("cpu", case.goals.cold_cpu), ("wall", None)):
        took, base = (median(each.ms(kind) for each in starts) for starts in (ours, reference))
        yield compared(f"cold start {case.function.name}, {kind}", took, base, goal)
