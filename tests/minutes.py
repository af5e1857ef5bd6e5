"""How many minutes each part of the tests took, printed before the closing line."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Mapping
from operator import itemgetter

import pytest

LONGEST_MINUTES = 20  # Of all tests on two cores. Above it, draw fewer seeds; remove no kind of test.


class Minutes:
    """With several test processes this one collects the times."""

    def __init__(self) -> None:
        self._began_at = time.time()
        self._seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[part_of(report.nodeid)] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        before = self._began_at - float(os.environ.get("PAVATI_TEST_BEGAN") or self._began_at)
        terminalreporter.section("minutes of each part, over all processes")
        for line in lines(self._seconds, before, time.time() - self._began_at):
            terminalreporter.write_line(line)


def part_of(nodeid: str) -> str:
    """The folder in `tests`, or two of them; for the histories, which take longest, the file."""
    parts = nodeid.partition("::")[0].split("/")
    if parts[:3] == ["tests", "dev", "histories"]:
        return "/".join(parts[2:4])
    return "/".join(parts[1:3] if parts[1] in ("dev", "security") else parts[1:2])


def lines(seconds: Mapping[str, float], before: float, took: float) -> list[str]:
    """`before`: seconds of lint, validation and installation. `took`: seconds of the tests by the clock."""
    by_length = sorted(seconds.items(), key=itemgetter(1), reverse=True)
    rows = [f"{spent / 60:6.1f}  {part}" for part, spent in by_length]
    over = f", which is over {LONGEST_MINUTES}: draw fewer seeds" if took > 60 * LONGEST_MINUTES else ""
    ends = f"{before / 60:6.1f}  by the clock, before the tests", f"{took / 60:6.1f}  by the clock, the tests{over}"
    return [*rows, *ends]
