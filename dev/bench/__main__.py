"""python -m dev.bench [part …]: measure every budget, print one table, and fail if a goal is missed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from dev.bench.table import Line, render, say


def _starts(is_short: bool) -> list[Line]:
    from dev.bench import cold, instructions, warm
    from dev.bench.functions import cases
    from dev.bench.stubs import Stubs

    rounds, requests = (1, 3) if is_short else (cold.ROUNDS, warm.REQUESTS)
    with Stubs() as stubs:
        measured = cases(stubs)
        counted = [] if is_short else instructions.measure(measured, stubs)
        return cold.measure(measured, stubs, rounds) + counted + warm.measure(measured, stubs, requests)


def _trips(is_short: bool) -> list[Line]:
    from dev.bench import trips

    return trips.lines()


def _polling(is_short: bool) -> list[Line]:
    from dev.bench import polling

    return polling.lines()


def _load(is_short: bool) -> list[Line]:
    from dev.bench import load

    return load.lines(load.Plan(10, 5, 2) if is_short else load.Plan(load.AT_ONCE, load.AT_ONCE, 1))


def _gateways(is_short: bool) -> list[Line]:
    from dev.bench import gateways

    return gateways.lines(rounds=1 if is_short else gateways.ROUNDS)


def _package(is_short: bool) -> list[Line]:
    from dev.bench import package

    return package.lines()


def _sweep(is_short: bool) -> list[Line]:
    from dev.bench import sweep

    return sweep.lines(400 if is_short else sweep.ROWS)


# Each part imports what it needs when it runs: moto's patches must not affect the other parts.
# A short round executes the whole part and checks its answers; its ratios mean nothing.
PARTS: dict[str, Callable[[bool], list[Line]]] = {
    "starts": _starts,
    "trips": _trips,
    "polling": _polling,
    "load": _load,
    "gateways": _gateways,
    "package": _package,
    "sweep": _sweep,
}
APART = {"sweep"}  # It takes minutes: make bench-sweep.


def main(names: list[str]) -> int:
    if unknown := set(names) - set(PARTS):
        say(f"no part {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
        return 2
    began, lines = time.monotonic(), list[Line]()
    for name in names or [name for name in PARTS if name not in APART]:
        say(f"{name} ...")
        lines += PARTS[name](False)
    print(render(lines))
    missed = sum(not line.is_met for line in lines)
    print(f"\n{missed} of {sum(bool(line.goal) for line in lines)} goals missed, in {time.monotonic() - began:.0f} s")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
