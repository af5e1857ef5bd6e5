"""Minimise a failing history: leave out everything without which the violation still occurs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from dev.histories.history import Case, run
from dev.histories.plan import Act

RUNS_MAX = 400
T = TypeVar("T")


def minimise(case: Case, progress: Callable[[str], None] = lambda line: None) -> Case:
    """The same violation with fewer acts and faults; the case itself where nothing can be left out."""
    first = run(case)
    if not first.violations:
        raise ValueError(f"seed {case.seed} violates nothing")
    wanted = _invariant(first.violations)
    case = replace(case, script=dict(first.happened))
    if wanted not in _invariants(case):
        return replace(case, script=None)  # It needs the seed's own draws.
    trial = _Trial(wanted, progress)
    for _ in range(2):
        case = _without_acts(case, trial)
        case = _without_faults(case, trial)
    return case


class _Trial:
    def __init__(self, wanted: str, progress: Callable[[str], None]) -> None:
        self._wanted, self._progress, self._runs = wanted, progress, 0

    def fails(self, case: Case) -> bool:
        if self._runs >= RUNS_MAX:
            return False
        self._runs += 1
        script = case.script or {}
        self._progress(f"minimising: run {self._runs}, {len(case.plan.acts)} acts, {len(script)} faults")
        return self._wanted in _invariants(case)


def _without_acts(case: Case, trial: _Trial) -> Case:
    def with_acts(acts: tuple[Act, ...]) -> Case:
        return replace(case, plan=replace(case.plan, acts=acts))

    return with_acts(_fewest(case.plan.acts, lambda acts: trial.fails(with_acts(acts))))


def _without_faults(case: Case, trial: _Trial) -> Case:
    faults = tuple((case.script or {}).items())
    return replace(case, script=dict(_fewest(faults, lambda some: trial.fails(replace(case, script=dict(some))))))


def _fewest(items: tuple[T, ...], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """Delta debugging: leave out ever smaller runs of items while it still fails."""
    size = max(1, len(items) // 2)
    while items:
        start, was_smaller = 0, False
        while start < len(items):
            fewer = items[:start] + items[start + size :]
            if fails(fewer):
                items, was_smaller = fewer, True
            else:
                start += size
        if size == 1 and not was_smaller:
            return items
        size = max(1, size // 2)
    return items


def _invariant(violations: list[str]) -> str:
    return violations[0].partition(":")[0]


def _invariants(case: Case) -> set[str]:
    return {violation.partition(":")[0] for violation in run(case).violations}
