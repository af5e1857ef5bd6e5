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

    told: set[int] = set()

    def progress(so_far: Tally) -> None:
        for seed in [*so_far.differing.keys() - told][: _TOLD_MAX - len(told)]:
            told.add(seed)
            sys.stderr.write("\n".join(["", f"seed {seed}", *so_far.differing[seed], ""]))
        sys.stderr.write(f"\r{so_far.programs:,} of {seeds:,}  differences {len(so_far.differing)} ")
        sys.stderr.flush()

    tally = run_campaign(base, seeds, progress)
    sys.stdout.write("\n".join(["", f"seeds {base} to {base + seeds - 1}", *tally.lines(), ""]))
    return 1 if tally.differing else 0


if __name__ == "__main__":
    sys.exit(main())
