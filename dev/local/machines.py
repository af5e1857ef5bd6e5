"""The state machines of the template, and the switches that tests have on them."""

import datetime
import time
from collections.abc import Callable, Iterable
from typing import Any

from dev.local.blueprint import MachineSpec
from dev.local.template import error_names

_RUNNING = "RUNNING"
_BEGIN_SECONDS_MAX = 2


class Machines:
    def __init__(self, specs: Iterable[MachineSpec], executions: Callable[[], list[Any]] = list) -> None:
        self.expected_errors = frozenset(name for spec in specs for name in error_names(spec.definition))
        self.accepts_starts = True
        self._executions = executions

    def count(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for execution in self._executions():
            counts[execution.status] = counts.get(execution.status, 0) + 1
        return counts

    def stop_all(self) -> int:
        running = [execution for execution in self._executions() if execution.status == _RUNNING]
        for execution in running:
            _stop(execution)
        return len(running)


def _stop(execution: Any) -> None:
    give_up_at = time.monotonic() + _BEGIN_SECONDS_MAX
    while execution.exec_worker.env is None and time.monotonic() < give_up_at:
        time.sleep(0.01)  # It was started a moment ago; moto can stop only an execution that runs.
    execution.stop(datetime.datetime.now(datetime.UTC), "Stopped", "by POST /_local/executions/stop")
