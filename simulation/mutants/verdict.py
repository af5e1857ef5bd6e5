"""What became of a planted bug, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from simulation.history import draw_case, run
from simulation.mutants.mutant import Mutant
from simulation.mutants.plant import NAMED_BY

ROOT = Path(__file__).parents[2]
TIME_LIMIT_S = 1_800.0  # For all histories of one bug; and a loop that never ends is no history.
_TEST_LIMIT_S = 120.0
_SPOT_CHECK = 10  # Where no history is expected to see the bug, a tenth of them makes sure.
_TESTS_FAILED = 1  # How pytest says it; any other code is no proof.

judged = {
    "history": "seen by a history",
    "test": "seen by a direct test",
    "second": "harmless behind a second line",
    "nobody": "seen by nobody",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    by: str  # One of `judged`.
    said: str
    is_right: bool  # As the table says.


@dataclass(frozen=True, slots=True)
class Hunt:
    first_seed: int
    seeds: int

    def judge(self, mutant: Mutant) -> Verdict:
        seeds = self.seeds if mutant.expects else max(1, self.seeds // _SPOT_CHECK)
        found = self.histories(mutant, seeds)
        if "seed" in found:
            return self._seen(mutant, int(str(found["seed"])), str(found["violation"]))
        tried = found.get("tried", f"{seeds} histories saw nothing")
        if mutant.direct:
            fails = fails_under(mutant, mutant.direct)
            said = f"{tried}; {mutant.direct.rpartition('::')[2]} {'fails' if fails else 'PASSES'}"
            behind = f"; second line: {mutant.second}" if mutant.second else ""
            return Verdict("test" if fails else "nobody", said + behind, fails and not mutant.expects)
        if mutant.second:
            return Verdict("second", f"{tried}; second line: {mutant.second}", not mutant.expects)
        return Verdict("nobody", str(tried), is_right=False)

    def histories(self, mutant: Mutant, seeds: int) -> dict[str, object]:
        arguments = ["-m", "simulation.mutants.hunt", str(self.first_seed), str(seeds)]
        try:
            done = _python(mutant, arguments, TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            return {"tried": f"nothing in {TIME_LIMIT_S:.0f} s"}
        if done.returncode:
            raise RuntimeError(f"{mutant.name}: {done.stderr[-2000:]}")
        found: dict[str, object] = json.loads(done.stdout)
        return found

    def _seen(self, mutant: Mutant, seed: int, violation: str) -> Verdict:
        """A history counts only where it breaks nothing without the bug."""
        if without := run(draw_case(seed)).violations:
            return Verdict("nobody", f"history {seed} breaks {without[0]} without any bug", is_right=False)
        said = f"history {seed - self.first_seed + 1:>4}: {violation[:110]}"
        return Verdict("history", said, bool(mutant.expects or mutant.direct))


def fails_under(mutant: Mutant, test: str) -> bool:
    """Whether the test, which passes without the bug, fails under it."""
    arguments = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "simulation.mutants.plant", test]
    return _python(mutant, arguments, _TEST_LIMIT_S).returncode == _TESTS_FAILED


def _python(mutant: Mutant, arguments: list[str], limit_s: float) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | {
        NAMED_BY: mutant.name,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers' / 'common'}",
        "PYTHONHASHSEED": "0",
    }
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603  This very program.
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit_s, check=False
    )
