"""`make prove-coverage`: the lines and branches of the production code that histories enter, and those that none
enters.

`uncovered.toml` has the floors, and the lines that no history can enter, each with a reason.
"""

from __future__ import annotations

import resource
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.histories.covering import SOURCE, json_of, measured, parts_of
from dev.histories.workers import exit_code_of

JUDGED = ("usecases", "domain", "store")
BESIDE = ("gateways",)  # Printed, without a limit.
BARS = {"lines": 97.0, "branches": 95.0}
EXCUSED_MAX = 40
FILE = Path(__file__).parent / "uncovered.toml"
_PARTS = {"seeds": 40, "corpus": 4, "flows": 12, "cells": 12}


@dataclass(frozen=True, slots=True)
class Place:
    """A line by its text, in a function of a module, such as `usecases/payment/sync.py`."""

    module: str
    function: str
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A line that was never entered, or a branch that was never taken."""

    place: Place
    number: int
    to: Place | None = None
    is_branch: bool = False

    def is_excused(self, excuses: Mapping[Place, str]) -> bool:
        return self.place in excuses or self.to in excuses

    def reported(self) -> str:
        then = f"  ->  {self.to.text if self.to else 'its end'}" if self.is_branch else ""
        return f"{self.place.module}:{self.number}  {self.place.text}{then}"


@dataclass(frozen=True, slots=True)
class Count:
    lines: int = 0
    missed: int = 0
    branches: int = 0
    untaken: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.lines + other.lines,
            self.missed + other.missed,
            self.branches + other.branches,
            self.untaken + other.untaken,
        )

    def without(self, gaps: Sequence[Gap]) -> Count:
        """The same count without these gaps."""
        branches = sum(gap.is_branch for gap in gaps)
        lines = len(gaps) - branches
        return Count(self.lines - lines, self.missed - lines, self.branches - branches, self.untaken - branches)

    @property
    def percent_entered(self) -> dict[str, float]:
        """What was entered, in percent."""
        return {
            "lines": 100.0 * (self.lines - self.missed) / max(1, self.lines),
            "branches": 100.0 * (self.branches - self.untaken) / max(1, self.branches),
        }


@dataclass(frozen=True, slots=True)
class Report:
    counts: Mapping[str, Count]  # By module.
    gaps: Sequence[Gap]
    places: frozenset[Place]  # Every line that can be entered.

    def of(self, packages: Sequence[str]) -> Count:
        mine = (count for module, count in self.counts.items() if _package(module) in packages)
        return sum(mine, Count())

    def judged_gaps(self) -> list[Gap]:
        return [gap for gap in self.gaps if _package(gap.place.module) in JUDGED]


def _package(module: str) -> str:
    return module.partition("/")[0]


def read(document: Mapping[str, Any]) -> Report:
    """Read a JSON report of coverage.py."""
    counts, gaps, places = {}, list[Gap](), set[Place]()
    for name, found in sorted(document["files"].items()):
        path = Path(name).resolve()
        module, texts = path.relative_to(SOURCE).as_posix(), path.read_text().splitlines()
        known = _places(module, found["functions"], texts)
        summary = found["summary"]
        counts[module] = Count(
            *(summary[each] for each in ("num_statements", "missing_lines", "num_branches", "missing_branches"))
        )
        gaps += _gaps(found, known)
        places |= set(known.values())
    return Report(counts, gaps, frozenset(places))


def _places(module: str, functions: Mapping[str, Any], texts: Sequence[str]) -> dict[int, Place]:
    return {
        number: Place(module, function, texts[number - 1].strip())
        for function, lines in functions.items()
        for number in (*lines["executed_lines"], *lines["missing_lines"])
    }


def _gaps(found: Mapping[str, Any], known: Mapping[int, Place]) -> Iterator[Gap]:
    for number in found["missing_lines"]:
        yield Gap(known[number], number)
    for number, to in found["missing_branches"]:
        yield Gap(known[number], number, known.get(to), is_branch=True)


@dataclass(frozen=True, slots=True)
class Expected:
    """The contents of `uncovered.toml`: floors in percent, and by place the reason why no history enters it."""

    floor: Mapping[str, float]
    excuses: Mapping[Place, str]


def expected(path: Path = FILE) -> Expected:
    document = tomllib.loads(path.read_text())
    excuses = {Place(one["module"], one["function"], one["line"]): one["reason"] for one in document.get("excused", ())}
    return Expected(document["floor"], excuses)


def complaints(report: Report, known: Expected) -> Iterator[str]:
    gaps = report.judged_gaps()
    excused = [gap for gap in gaps if gap.is_excused(known.excuses)]
    yield from _under(report.of(JUDGED).without(excused).percent_entered, known.floor)
    yield from _bad_excuses(report, known.excuses)


def _under(entered: Mapping[str, float], floor: Mapping[str, float]) -> Iterator[str]:
    for name, share in entered.items():
        if share < BARS[name]:
            yield f"{name}: {share:.2f} % are entered, {BARS[name]} % are required"
        if share < floor[name]:
            below = f"{name}: {share:.2f} % are entered, below the floor of {floor[name]} %"
            yield f"{below}: add a history that enters them"


def _bad_excuses(report: Report, excuses: Mapping[Place, str]) -> Iterator[str]:
    missed = {place for gap in report.judged_gaps() for place in (gap.place, gap.to)}
    if len(excuses) > EXCUSED_MAX:
        yield f"{len(excuses)} lines are excused, at most {EXCUSED_MAX} may be"
    for place, reason in excuses.items():
        if place not in report.places:
            yield f"excused, and gone: {place.module}, {place.function}: {place.text}"
        elif place not in missed:
            yield f"excused, and entered: {place.module}, {place.function}: {place.text}"
        if not reason.strip():
            yield f"excused without a reason: {place.module}, {place.function}: {place.text}"


_LINE = "{:34}{:>7}{:>8}{:>10}{:>8}{:>9}{:>9}"


def table(report: Report, known: Expected) -> Iterator[str]:
    yield _LINE.format("", "lines", "missed", "branches", "missed", "lines %", "br. %")
    for package in (*JUDGED, *BESIDE):
        yield _row(package, report.of((package,)))
        for module, count in report.counts.items():
            if _package(module) == package and (count.missed or count.untaken):
                yield _row(f"  {module}", count)
    excused = [gap for gap in report.judged_gaps() if gap.is_excused(known.excuses)]
    whole = report.of(JUDGED)
    yield _row("usecases, domain, store", whole)
    yield _row(f"  without {len(known.excuses)} excused lines", whole.without(excused))


def _row(name: str, count: Count) -> str:
    percents = (f"{percent:.2f}" for percent in count.percent_entered.values())
    return _LINE.format(name, count.lines, count.missed, count.branches, count.untaken, *percents)


def _never(report: Report, known: Expected) -> Iterator[str]:
    for gap in report.judged_gaps():
        if not gap.is_excused(known.excuses):
            yield f"  never: {gap.reported()}"


def main() -> int:
    work, known = list(parts_of(_PARTS)), expected()

    def progress(done: int) -> None:
        sys.stderr.write(f"\r{done} of {len(work)} parts ")
        sys.stderr.flush()

    report = read(json_of(measured(work, progress)))
    wrong = list(complaints(report, known))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = [*table(report, known), *_never(report, known), f"CPU seconds: {used.ru_utime + used.ru_stime:.0f}", *wrong]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    if not wrong:
        sys.stdout.write(f"Where it has risen, raise the floor in {FILE.name}.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
