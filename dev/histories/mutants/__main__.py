"""make prove-mutants: every planted bug is seen by a history, or by the test that the table names.

SEEDS and SEED_BASE give the histories to try where a bug's last seed no longer shows it. JOBS is the number of bugs
judged at a time. Names select some bugs. The cheapest come first; seeds that show a bug are stored.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from dev.histories.commit import clean_commit
from dev.histories.mutants.mutant import Mutant
from dev.histories.mutants.seen import keep, seed_by_name
from dev.histories.mutants.table import MUTANTS
from dev.histories.mutants.verdict import TEXT_OF_VERDICT, Hunt, Verdict, failing_without
from dev.histories.workers import STOPPED, exit_code_of, whole_number

_CORES = os.cpu_count() or 1
Judged = tuple[Mutant, Verdict]


def main(names: Iterable[str]) -> int:
    wanted = set(names)
    if strange := wanted - {mutant.name for mutant in MUTANTS}:
        _say(f"no such planted bug: {', '.join(sorted(strange))}; the names are in dev/histories/mutants/*.py")
        return 2
    numbers = [whole_number(name, usual) for name, usual in (("SEED_BASE", 1), ("SEEDS", 5000), ("JOBS", _CORES))]
    if not all(numbers):
        _say("SEED_BASE, SEEDS and JOBS are whole numbers from 1, for example make prove-mutants SEEDS=1000")
        return 2
    first_seed, seeds, jobs = (int(number or 0) for number in numbers)
    commit, started_at = clean_commit(), time.monotonic()
    hunt = Hunt(first_seed, seeds, seed_by_name())
    mutants = sorted((one for one in MUTANTS if not wanted or one.name in wanted), key=hunt.cost)
    _say("the named tests run without any bug ...")
    if broken := failing_without(mutants):
        _say(f"a test that should see a bug fails without one:\n{broken}")
        return 1
    verdicts = list(_judgements(mutants, hunt, jobs))
    _say(*_closing(verdicts, (time.monotonic() - started_at) / 60))
    if commit and not wanted:
        _say(_row(commit, hunt, verdicts, (time.monotonic() - started_at) / 60))
    return int(not all(verdict.is_right for _, verdict in verdicts))


def _judgements(mutants: list[Mutant], hunt: Hunt, jobs: int) -> Iterator[Judged]:
    """Verdicts in the order in which they end, each printed at once."""
    pool = ThreadPoolExecutor(jobs)
    try:
        running = {pool.submit(hunt.judge, mutant): mutant for mutant in mutants}
        for number, done in enumerate(as_completed(running), 1):
            mutant, verdict = running[done], done.result()
            mark = " " if verdict.is_right else "!"
            _say(f"{number:>3}/{len(mutants)} {mark} {mutant.name:<36} {verdict.message}\n{'':47}{mutant.says}")
            if verdict.seed is not None:
                keep(mutant.name, verdict.seed)
            yield mutant, verdict
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        _say("stopped before its end: nothing is proved by this run")
        os._exit(STOPPED)  # Its processes end with it: dev/histories/mutants/plant.py.
    pool.shutdown()


def _closing(verdicts: list[Judged], minutes: float) -> Iterator[str]:
    counts = Counter(verdict.by for _, verdict in verdicts)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    yield "\n" + ", ".join(f"{counts[by]} {what}" for by, what in TEXT_OF_VERDICT.items())
    yield f"{len(verdicts)} planted bugs in {minutes:.1f} minutes, {(used.ru_utime + used.ru_stime) / 60:.1f} of a core"
    for mutant, verdict in verdicts:
        if not verdict.is_right:
            yield f"not as the table says: {mutant.name}: {verdict.message}"


def _row(commit: str, hunt: Hunt, verdicts: list[Judged], minutes: float) -> str:
    """The run's row in the table of docs/proof.md."""
    counts = Counter(verdict.by for _, verdict in verdicts)
    seeds = f"those kept, then {hunt.first_seed:,} to {hunt.first_seed + hunt.seeds - 1:,}"
    reported = (commit, seeds, len(verdicts), *(counts[by] for by in TEXT_OF_VERDICT), f"{minutes:.0f}")
    return f"| {' | '.join(str(one) for one in reported)} |"


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(exit_code_of(lambda: main(sys.argv[1:])))
