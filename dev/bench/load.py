"""Initiations through the local stack, many at once, as `ab -c 100 -n 1000` sends them: `python -m dev.bench.load`.

Everything is included: a new connection for each, HTTP, the authorizer, worker processes, the store, the simulator. In
turn with them it calls a function that only says hello, through the same port, authorizer and kind of worker.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from dev.bench import stacks
from dev.bench.table import Line, render, say
from dev.bench.target import HELLO, INITIATION, Series, Target

INITIATIONS, AT_ONCE, TURNS = 1000, 100, 4
_INITIATIONS_MAX, _AT_ONCE_MAX = 10_000, 500
_LASTS_S_MAX = 900.0


class BadPlan(Exception):
    """The message says which values to choose."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The number of initiations in all turns, how many at once, and a commit to compare with."""

    initiations: int = INITIATIONS
    at_once: int = AT_ONCE
    turns: int = TURNS
    against: str = ""

    def sizes(self) -> list[int]:
        """Initiations in each turn."""
        whole, rest = divmod(self.initiations, self.turns)
        return [whole + (number < rest) for number in range(self.turns)]


def lines(plan: Plan) -> list[Line]:
    """Measure; returns the table's lines. Raises NoSuchCommit."""
    checkouts = [stacks.OURS] + ([stacks.checkout_of(plan.against)] if plan.against else [])
    with ExitStack() as lasting:
        running = ((checkout.name, lasting.enter_context(stacks.running(checkout))) for checkout in checkouts)
        ours, *others = [Target(stack, name) for name, stack in running]
        undone = _take_turns(plan, ours, others)
        wrong_rows = ours.wrong_rows()
    wanted = f"{plan.initiations} initiations, {plan.at_once} at once"
    errors = ours.errors + sum(other.errors for other in others)
    return [
        *(_zero(f"{wanted}: {what}", number) for what, number in (("errors", errors), ("not done in time", undone))),
        _zero(f"{wanted}: orders without exactly one row", wrong_rows),
        *(_beside_hello(ours) if not undone else ()),
        *(line for other in others if not undone for line in _cpu(ours, other)),
    ]


def _take_turns(plan: Plan, ours: Target, others: Sequence[Target]) -> int:
    """Returns the number of initiations for which there was no time."""
    give_up_at, sizes = time.monotonic() + _LASTS_S_MAX, plan.sizes()
    for target in (ours, *others):
        say(f"warming up, {target.name}: {plan.at_once} initiations and hellos at once ...")
        target.warm_up(plan.at_once)
    for number, size in enumerate(sizes, 1):
        if time.monotonic() > give_up_at:
            return sum(sizes[number - 1 :])
        for target, kind in ((ours, INITIATION), (ours, HELLO), *((other, INITIATION) for other in others)):
            target.take_turn(kind, size, plan.at_once)
            errors = target.series[kind].errors
            say(f"turn {number} of {plan.turns}, {target.name}: {size} of {kind}, {errors} errors so far")
    return 0


def _zero(what: str, number: int) -> Line:
    return Line(what, str(number), goal="0", is_met=number == 0)


def _beside_hello(ours: Target) -> Iterator[Line]:
    initiation, hello = ours.series[INITIATION], ours.series[HELLO]
    for name, percent in (("p50", 50), ("p99", 99)):
        ours_ms, its_ms = (series.percentiles_ms[percent - 1] for series in (initiation, hello))
        yield _compared(f"initiation beside hello: {name}", ours_ms, its_ms, "ms", digits=0)
    yield _compared("initiation beside hello: a second", initiation.a_second, hello.a_second, "", digits=1)
    for part, mine, its in _cpu_each(initiation, hello):
        yield _compared(f"initiation beside hello: cpu each, {part}", mine, its, "ms")


def _cpu(ours: Target, other: Target) -> Iterator[Line]:
    for part, mine, its in _cpu_each(ours.series[INITIATION], other.series[INITIATION]):
        yield _compared(f"initiation against {other.name}: cpu each, {part}", mine, its, "ms")


def _cpu_each(one: Series, other: Series) -> Iterator[tuple[str, float, float]]:
    if one.cpu_ms:
        parts = [(part, one.cpu_ms_each(part), other.cpu_ms_each(part)) for part in stacks.CPU_PARTS]
        yield from parts
        yield "all", sum(mine for _, mine, _ in parts), sum(its for _, _, its in parts)


def _compared(what: str, ours: float, other: float, unit: str, digits: int = 2) -> Line:
    mine, its = (f"{value:.{digits}f} {unit}".strip() for value in (ours, other))
    return Line(what, mine, its, f"{ours / other:.2f}x" if other else "")


def read_plan(environment: Mapping[str, str]) -> Plan:
    """Raises BadPlan."""
    initiations = _whole(environment, "N", INITIATIONS, range(2, _INITIATIONS_MAX + 1))
    at_once = _whole(environment, "C", min(AT_ONCE, initiations), range(1, min(_AT_ONCE_MAX, initiations) + 1))
    turns = min(TURNS, initiations // at_once)  # A turn of fewer could not have so many at once.
    return Plan(initiations, at_once, turns, environment.get("AGAINST", ""))


def _whole(environment: Mapping[str, str], variable: str, default: int, allowed: range) -> int:
    given = environment.get(variable) or str(default)
    if not (given.isascii() and given.isdigit() and len(given) < 10 and int(given) in allowed):
        raise BadPlan(f"{variable} must be a whole number from {allowed[0]} to {allowed[-1]}, not {given!r}")
    return int(given)


def main(environment: Mapping[str, str] = os.environ) -> int:
    began = time.monotonic()
    try:
        measured = lines(read_plan(environment))
    except (BadPlan, stacks.NoSuchCommit) as wrong:
        say(str(wrong))
        return 2
    print(render(measured))
    missed = sum(not line.is_met for line in measured)
    print(
        f"\n{missed} of {sum(bool(line.goal) for line in measured)} goals missed, in {time.monotonic() - began:.0f} s"
    )
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
