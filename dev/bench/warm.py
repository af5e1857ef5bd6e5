"""Warm requests: processor time of a function's process per request, ours and the reference in turn.

It includes the runtime client, the framework, boto3 and httpx; store and gateway are stubs that answer at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from statistics import median

from dev.bench.case import Case
from dev.bench.cold import REFERENCE
from dev.bench.lambdas import Process
from dev.bench.stubs import Stubs
from dev.bench.table import Line, compared, say

REQUESTS, WARM_UP = 300, 20


def measure(cases: Sequence[Case], stubs: Stubs, requests: int = REQUESTS, warm_up: int = WARM_UP) -> list[Line]:
    cpu_ms: dict[str, list[float]] = {case.function.name: [] for case in cases}
    with ExitStack() as lasting:
        processes = [(case, lasting.enter_context(Process(case.function))) for case in cases]
        for number in range(1, warm_up + requests + 1):
            for case, process in processes:
                took_ms = _ask(case, process, stubs)
                if number > warm_up:
                    cpu_ms[case.function.name].append(took_ms)
            if number % 100 == 0:
                say(f"warm requests: {number} of {warm_up + requests}")
    return [_line(case, cpu_ms) for case in cases]


def _ask(case: Case, process: Process, stubs: Stubs) -> float:
    stubs.heard()
    event, used_ms = case.event(), process.used_ms()
    _, outcome = process.desk.ask(event)
    took_ms = process.used_ms() - used_ms
    case.check(outcome, stubs.heard())
    return took_ms


def _line(case: Case, cpu_ms: Mapping[str, Sequence[float]]) -> Line:
    name = case.function.name
    ours, base = median(cpu_ms[name]), median(cpu_ms[REFERENCE])
    what = f"warm {name}, cpu, p50 of {len(cpu_ms[name])}"
    return compared(what, ours, base, case.goals.warm_cpu, "{:.2f} ms")
