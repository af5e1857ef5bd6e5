"""`make prove-dynamodb`: random programs against moto. Environment: SEEDS and SEED_BASE (how many, from where)."""

from __future__ import annotations

import os
import sys

from tests.simulators.dynamodb.campaign import Tally, run_campaign

_TOLD_MAX = 3


def main() -> int:
    try:
        seeds, base = (int(os.environ.get(name) or usual) for name, usual in (("SEEDS", 20_000), ("SEED_BASE", 1)))
    except ValueError:
        seeds, base = 0, 0
    if seeds < 1 or base < 0:
        sys.stderr.write("whole numbers are wanted, for example make prove-dynamodb SEEDS=20000 SEED_BASE=1\n")
        return 2

    def progress(so_far: Tally) -> None:
        sys.stderr.write(f"\r{so_far.programs:,} of {seeds:,}  differences {len(so_far.differing)} ")
        sys.stderr.flush()

    tally = run_campaign(base, seeds, progress)
    _say("", f"seeds {base} to {base + seeds - 1}", *tally.lines())
    for seed, words in sorted(tally.differing.items())[:_TOLD_MAX]:
        _say("", f"seed {seed}", *words)
    return 1 if tally.differing else 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
