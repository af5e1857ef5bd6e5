"""make prove-mutants: every planted bug is seen by a history, or by the test that the table names.

SEEDS and SEED_BASE say which histories are tried, JOBS how many bugs at a time. Names choose some bugs.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from simulation.mutants.mutant import Mutant
from simulation.mutants.table import MUTANTS
from simulation.mutants.verdict import Hunt, Verdict, judged


def main(names: Iterable[str]) -> int:
    wanted = set(names)
    if strange := wanted - {mutant.name for mutant in MUTANTS}:
        _say(f"no such planted bug: {', '.join(sorted(strange))}")
        return 2
    mutants = [mutant for mutant in MUTANTS if not wanted or mutant.name in wanted]
    hunt = Hunt(int(os.environ.get("SEED_BASE", "1")), int(os.environ.get("SEEDS", "5000")))
    with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        judging = zip(mutants, pool.map(hunt.judge, mutants), strict=True)
        verdicts = [_told(mutant, verdict) for mutant, verdict in judging]
    return _closed(mutants, verdicts)


def _told(mutant: Mutant, verdict: Verdict) -> Verdict:
    mark = "  " if verdict.is_right else "! "
    _say(f"{mark}{mutant.name:<36} {verdict.said}\n{'':39}{mutant.says}")
    return verdict


def _closed(mutants: list[Mutant], verdicts: list[Verdict]) -> int:
    counts = Counter(verdict.by for verdict in verdicts)
    wrong = [mutant.name for mutant, verdict in zip(mutants, verdicts, strict=True) if not verdict.is_right]
    told = ", ".join(f"{counts[by]} {what}" for by, what in judged.items() if counts[by])
    _say(f"\n{len(mutants)} planted bugs: {told}." + (f" Not as the table says: {', '.join(wrong)}." if wrong else ""))
    return int(bool(wrong))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
