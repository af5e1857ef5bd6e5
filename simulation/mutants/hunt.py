"""In a process of its own, with the bug planted: one history after the other, until one breaks an invariant."""

from __future__ import annotations

import json
import sys

from simulation.mutants import plant  # Before anything of the program: it plants the bug.

assert plant


def hunt(first: int, count: int) -> dict[str, object]:
    from simulation.history import draw_case, run

    for seed in range(first, first + count):
        if violations := run(draw_case(seed)).violations:
            return {"seed": seed, "violation": violations[0]}
    return {}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(hunt(int(sys.argv[1]), int(sys.argv[2]))))
