"""In a process of its own, with the bug planted: run one history after the other, until one breaks an invariant."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from dev.histories.mutants import plant  # Before any import of the program: it plants the bug.

assert plant


def hunt(seeds: Iterable[int]) -> dict[str, object]:
    from dev.histories.history import draw_case, run

    for tried, seed in enumerate(dict.fromkeys(seeds), 1):
        if violations := run(draw_case(seed)).violations:
            return {"seed": seed, "violation": violations[0], "tried": tried}
    return {}


if __name__ == "__main__":
    first, count, *known = map(int, sys.argv[1:])
    sys.stdout.write(json.dumps(hunt([*known, *range(first, first + count)])))
