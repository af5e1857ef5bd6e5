"""The results of the kill points as text: for each flow, and for flows by gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dev.histories.flows import Flow
from dev.histories.flows_at import GATEWAYS
from dev.histories.kinds import TABLE, Cell

if TYPE_CHECKING:
    from dev.histories.exhaustive import Tally

_LINE = "{:60}{:>8}{:>8}{:>8}{:>8}{:>12}{:>9}"
_SHOWN_MAX = 5
_NONE = "–"  # noqa: RUF001  A dash is what it is.


def report(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """`tallies` by flow."""
    yield _LINE.format("flow", "points", "faults", "actors", "cases", "violations", "CPU s")
    for tally in tallies.values():
        yield from _reported(tally)
    cases = sum(tally.cases for tally in tallies.values())
    violations = sum(len(tally.violations) for tally in tallies.values())
    seconds = sum(tally.seconds for tally in tallies.values())
    yield _LINE.format("all", "", "", "", cases, violations, f"{seconds:.1f}")
    yield from ("", *table(tallies), "", *reasons())


def _reported(tally: Tally) -> Iterator[str]:
    counts = (tally.points, tally.faults, tally.actors, tally.cases, len(tally.violations))
    yield _LINE.format(tally.flow, *counts, f"{tally.seconds:.1f}")
    for name, wrong in tally.violations[:_SHOWN_MAX]:
        yield f"  {name}: {wrong[0]}"


def table(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """Points and cases of each flow at each gateway."""
    yield f"| flow | {' | '.join(GATEWAYS)} |"
    yield "|---" * (1 + len(GATEWAYS)) + "|"
    for name, row in TABLE.items():
        yield f"| {name} | {' | '.join(_cell(row[gateway], tallies) for gateway in GATEWAYS)} |"
    sums = (sum(tally.cases for tally in tallies.values() if tally.gateway == gateway) for gateway in GATEWAYS)
    yield f"| cases | {' | '.join(f'{number:,}' for number in sums)} |"


def _cell(cell: Cell, tallies: Mapping[str, Tally]) -> str:
    if not isinstance(cell, Flow):
        return _NONE
    tally = tallies.get(cell.where)
    return f"{tally.points} / {tally.cases}" if tally else ""


def reasons() -> Iterator[str]:
    """The reasons for empty cells as a table: each with its gateways. Kinds with the same reasons share a row."""
    kinds: dict[str, list[str]] = {}
    for name, row in TABLE.items():
        gateways: dict[str, list[str]] = {}
        for gateway, cell in row.items():
            if isinstance(cell, str):
                gateways.setdefault(cell, []).append(gateway)
        if gateways:
            text = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in gateways.items())
            kinds.setdefault(text, []).append(name)
    yield from ("| flows | gateways without them, and why |", "|---|---|")
    for text, names in kinds.items():
        yield f"| {'; '.join(names)} | {text} |"
