"""The state machines of the template, and the switches the tests have on them."""

import datetime
import threading
from collections.abc import Callable, Iterable
from typing import Any

from local.blueprint import MachineSpec
from local.template import error_names

_RUNNING = "RUNNING"
LOAD_SECONDS_MAX = 60


class Machines:
    def __init__(self, specs: Iterable[MachineSpec]) -> None:
        self.expected_errors = frozenset(name for spec in specs for name in error_names(spec.definition))
        self.accepts_starts = True
        self._loaded = threading.Event()
        self._executions: Callable[[], list[Any]] = list

    def opened(self, executions: Callable[[], list[Any]]) -> None:
        self._executions = executions
        self._loaded.set()

    def wait_until_open(self) -> bool:
        return self._loaded.wait(LOAD_SECONDS_MAX)

    def count(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for execution in self._executions():
            counts[execution.status] = counts.get(execution.status, 0) + 1
        return counts

    def stop_all(self) -> int:
        running = [execution for execution in self._executions() if execution.status == _RUNNING]
        stopped_at = datetime.datetime.now(datetime.UTC)
        for execution in running:
            execution.stop(stopped_at, "Stopped", "by POST /_local/executions/stop")
        return len(running)
