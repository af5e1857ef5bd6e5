"""The verdict about a planted bug, reached in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev.histories.history import draw_case, run
from dev.histories.mutants.mutant import Mutant
from dev.histories.mutants.plant import NAMED_BY

ROOT = Path(__file__).parents[3]
TIME_LIMIT_S = 1_800.0  # For all histories of one bug. A loop that never ends proves nothing.
_TEST_LIMIT_S = 300.0
_SPOT_CHECK = 50  # A bug that histories should not see gets 1/50 of the seeds.
_TESTS_PASSED, _TESTS_FAILED = 0, 1  # pytest's exit codes; any other one proves nothing.
_TIMED_OUT = 124
_PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")

TEXT_OF_VERDICT = {
    "history": "seen by a history",
    "test": "seen by a direct test",
    "second": "harmless behind a second line",
    "nobody": "seen by nobody",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    by: str  # A key of TEXT_OF_VERDICT.
    message: str
    is_right: bool  # As the table expects.
    seed: int | None = None  # The seed of the history that showed it.


@dataclass(frozen=True, slots=True)
class Hunt:
    """`known` are the seeds that last showed bugs, by the bug's name; they are tried first."""

    first_seed: int
    seeds: int
    known: Mapping[str, int] = field(default_factory=dict)

    def cost(self, mutant: Mutant) -> int:
        """0: judged by a test; 1: its seed is known; 2: must be searched."""
        if mutant.direct:
            return 0
        return 1 if mutant.name in self.known else 2

    def judge(self, mutant: Mutant) -> Verdict:
        return _tested(mutant) if mutant.direct else self._hunted(mutant)

    def _hunted(self, mutant: Mutant) -> Verdict:
        seeds = self.seeds if mutant.expects else max(1, self.seeds // _SPOT_CHECK)
        found = self._histories(mutant, seeds)
        if "seed" in found:
            return _seen(mutant, found)
        tried = str(found.get("stopped", f"{seeds} histories saw nothing"))
        if mutant.second:
            return Verdict("second", f"{tried}; second line: {mutant.second}", not mutant.expects)
        return Verdict("nobody", tried, is_right=False)

    def _histories(self, mutant: Mutant, seeds: int) -> dict[str, object]:
        known = [str(self.known[mutant.name])] if mutant.name in self.known else []
        arguments = ["-m", "dev.histories.mutants.hunt", str(self.first_seed), str(seeds), *known]
        done = _python(arguments, TIME_LIMIT_S, mutant.name)
        if done.returncode == _TIMED_OUT:
            return {"stopped": f"nothing in {TIME_LIMIT_S:.0f} s"}
        if done.returncode:
            raise RuntimeError(f"{mutant.name}: {done.stderr[-2000:]}")
        found: dict[str, object] = json.loads(done.stdout)
        return found


def _seen(mutant: Mutant, found: Mapping[str, object]) -> Verdict:
    """A history counts only if it breaks nothing without the bug."""
    seed, violation = int(str(found["seed"])), str(found["violation"])
    if without := run(draw_case(seed)).violations:
        return Verdict("nobody", f"history {seed} breaks {without[0]} without any bug", is_right=False)
    message = f"seed {seed} (history {found['tried']}): {violation[:110]}"
    return Verdict("history", message, bool(mutant.expects), seed)


def _tested(mutant: Mutant) -> Verdict:
    fails = fails_under(mutant, mutant.direct)
    message = f"{mutant.direct.rpartition('::')[2]} {'fails' if fails else 'DOES NOT FAIL'}"
    behind = f"; second line: {mutant.second}" if mutant.second else ""
    return Verdict("test" if fails else "nobody", message + behind, fails)


def fails_under(mutant: Mutant, test: str) -> bool:
    """True if the test, which passes without the bug, fails under it."""
    arguments = [*_PYTEST, "-p", "dev.histories.mutants.plant", test]
    return _python(arguments, _TEST_LIMIT_S, mutant.name).returncode == _TESTS_FAILED


def failing_without(mutants: Iterable[Mutant]) -> str:
    """pytest's output if the tests that should see these bugs do not all pass without a bug; otherwise ""."""
    tests = sorted({mutant.direct for mutant in mutants if mutant.direct})
    if not tests:
        return ""
    done = _python([*_PYTEST, *tests], TIME_LIMIT_S)
    return "" if done.returncode == _TESTS_PASSED else done.stdout[-2000:] + done.stderr[-2000:]


def _python(arguments: list[str], limit_s: float, bug: str = "") -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | {
        NAMED_BY: bug,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "layers/common", ROOT / "packages/gateway-simulators"))),
        "PYTHONHASHSEED": "0",
    }
    command = [sys.executable, *arguments]
    try:
        return subprocess.run(  # noqa: S603  This very program.
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, _TIMED_OUT, "", f"not over after {limit_s:.0f} s")
