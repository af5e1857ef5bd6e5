"""The table that a run prints, and whether every goal was met."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

_HEAD = ("what", "ours", "reference", "ratio", "goal", "")


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement. Without a goal it is for comparison only."""

    what: str
    ours: str
    reference: str = ""
    ratio: str = ""
    goal: str = ""
    is_met: bool = True

    @property
    def cells(self) -> tuple[str, ...]:
        verdict = ("ok" if self.is_met else "MISSED") if self.goal else ""
        return self.what, self.ours, self.reference, self.ratio, self.goal or "-", verdict


def compared(what: str, ours: float, base: float, goal: float | None, form: str = "{:.0f} ms") -> Line:
    """Our value beside the reference's. `goal` is the largest allowed ratio, None for no goal."""
    ratio = ours / base
    wanted = f"<= {goal}x" if goal else ""
    return Line(what, form.format(ours), form.format(base), f"{ratio:.2f}x", wanted, goal is None or ratio <= goal)


def render(lines: Iterable[Line]) -> str:
    rows = [_HEAD, *(line.cells for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def say(what: str) -> None:
    """Print progress, outside the table."""
    print(f"  {what}", file=sys.stderr, flush=True)
