"""A crew for sweeps whose rows are not handled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from payments.store.contract.due import Due
from payments.usecases.ports import Ports
from payments.usecases.sweep.rows import RowResult
from tests.world import OneAtATime


class Ending(OneAtATime):
    """Each row ends at once, as `end` says."""

    def __init__(self, end: Callable[[Due], RowResult]) -> None:
        self._end = end

    def start(self, job: Any) -> None:
        self._result = self._end(job.args[0])


def ending(ports: Ports, end: Callable[[Due], RowResult]) -> Ports:
    """The ports with such a crew."""
    return replace(ports, crew=lambda: nullcontext(Ending(end)))
