"""`make prove-dynamodb`: random programs against moto. Environment: SEEDS and SEED_BASE (how many, from where)."""

from __future__ import annotations

import sys

from dev.histories.workers import exit_code_of, whole_number
from tests.dev.dynamodb_model.campaign import Tally, run_campaign

_SHOWN_MAX = 3


def main() -> int:
    seeds, base = (whole_number(name, usual) for name, usual in (("SEEDS", 20_000), ("SEED_BASE", 1)))
    if not seeds or base is None:
        sys.stderr.write("whole numbers are wanted, for example make prove-dynamodb SEEDS=20000 SEED_BASE=1\n")
        return 2

    reported: set[int] = set()

    def progress(so_far: Tally) -> None:
        for seed in [*so_far.differing.keys() - reported][: _SHOWN_MAX - len(reported)]:
            reported.add(seed)
            sys.stderr.write("\n".join(["", f"seed {seed}", *so_far.differing[seed], ""]))
        sys.stderr.write(f"\r{so_far.programs:,} of {seeds:,}  differences {len(so_far.differing)} ")
        sys.stderr.flush()

    tally = run_campaign(base, seeds, progress)
    sys.stdout.write("\n".join(["", f"seeds {base} to {base + seeds - 1}", *tally.lines(), ""]))
    return 1 if tally.differing else 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
