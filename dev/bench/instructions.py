"""Instructions from the start of a process to its first answer, counted by valgrind if it is installed.

Counts of equal runs differ by 0.1 %, processor times by 25 %. Work in the kernel is not counted.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from dev.bench.case import Case
from dev.bench.cold import REFERENCE
from dev.bench.lambdas import Process
from dev.bench.stubs import Stubs
from dev.bench.table import Line, compared, say

_VALGRIND = shutil.which("valgrind")
_COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")


def measure(cases: Sequence[Case], stubs: Stubs) -> list[Line]:
    if not _VALGRIND:
        say("instructions are not counted: install valgrind for that")
        return []
    counts: dict[str, int] = {}
    for case in cases:
        say(f"counting the instructions of {case.function.name} ...")
        counts[case.function.name] = _count(case, stubs, _VALGRIND)
    return [_line(case, counts[case.function.name], counts[REFERENCE]) for case in cases]


def _count(case: Case, stubs: Stubs, valgrind: str) -> int:
    with TemporaryDirectory() as folder:
        log = f"{folder}/log"
        files = ("--cachegrind-out-file=/dev/null", f"--log-file={log}")
        with Process(case.function, (valgrind, "--tool=cachegrind", "--cache-sim=no", *files)) as process:
            stubs.heard()
            _, outcome = process.desk.ask(case.event())
            case.check(outcome, stubs.heard())
        with open(log) as lines:
            counted = _COUNTED.search(lines.read())
    if counted is None:
        raise RuntimeError(f"valgrind counted nothing for {case.function.name}")
    return int(counted[1].replace(",", ""))


def _line(case: Case, ours: int, base: int) -> Line:
    what = f"cold start {case.function.name}, instructions"
    return compared(what, ours / 1e6, base / 1e6, case.goals.cold_instructions, "{:.0f} M")
