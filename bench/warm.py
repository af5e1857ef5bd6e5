"""Our own share of a warm request: all that our process does between event and answer, its waits left out.

Included are the runtime client, the framework, boto3 and httpx; store and gateway are stubs that answer at once.
"""

from __future__ import annotations

import time
from statistics import median, quantiles

from bench.cold import Case
from bench.lambdas import Process, check
from bench.table import Line

GOAL_MS = 25.0
WARM_UP, REQUESTS = 20, 300


def lines(cases: list[Case]) -> list[Line]:
    return [_line(case) for case in cases]


def _line(case: Case) -> Line:
    own_ms, wall_ms = _series(case)
    p99 = quantiles(own_ms, n=100, method="inclusive")[98]
    what = f"warm {case.function.name}, runtime client and handler, p99 of {REQUESTS}: cpu"
    return Line(what, f"{p99:.1f} ms", f"wall p50 {median(wall_ms):.1f} ms", "", f"<= {GOAL_MS:g} ms", p99 <= GOAL_MS)


def _series(case: Case) -> tuple[list[float], list[float]]:
    """Of each request: the processor time of the function's process, and the time until its answer was here."""
    own_ms, wall_ms = [], []
    with Process(case.function) as process:
        for number in range(WARM_UP + REQUESTS):
            event, used_ms, asked_at = case.event(), process.used_ms(), time.perf_counter()
            answered_at, outcome = process.desk.ask(event)
            check(case.function, outcome, case.expected)
            if number >= WARM_UP:
                own_ms.append(process.used_ms() - used_ms)
                wall_ms.append((answered_at - asked_at) * 1000)
    return own_ms, wall_ms
