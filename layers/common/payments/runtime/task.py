"""Functions that no HTTP request starts: poll, apply, sweep, and the jobs of reconcile and disputes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payments.runtime import log
from payments.runtime.invocation import LambdaContext, Wiring, enable_gc, start_clock
from payments.usecases.ports import Ports

Run = Callable[[Mapping[str, Any], Ports], dict[str, Any]]


class Task:
    """The function's handler. `on` copies it with other ports. `expected` errors are raised without a log line."""

    def __init__(self, run: Run, wiring: Wiring, budget_s: float, *expected: type[Exception]) -> None:
        self._run, self._wiring, self._budget_s, self._expected = run, wiring, budget_s, expected

    def on(self, wiring: Wiring) -> Task:
        return Task(self._run, wiring, self._budget_s, *self._expected)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            with log.Guard(*self._expected), log.flushing():
                start_clock(self._wiring, context, self._budget_s)
                return self._run(event, self._wiring.ports())
        finally:
            enable_gc()
