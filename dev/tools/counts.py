"""Counts of places in the source, each with the most that it may be: what `make house` and `make words` print."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """`found` names each place. A test asks that `most` falls with the number; `goal` is what it is to become."""

    what: str
    found: tuple[str, ...]
    most: int
    goal: int

    @property
    def is_met(self) -> bool:
        return len(self.found) <= self.most


def show(numbers: Sequence[Number]) -> int:
    """Prints a line for each, and the places of those above their limit. Returns the exit code."""
    for number in numbers:
        limit = f"at most {number.most}" + (f", to become {number.goal}" if number.goal != number.most else "")
        sys.stdout.write(f"{len(number.found):>4}  {number.what} ({limit})\n")
        if not number.is_met:
            sys.stdout.write("".join(f"      {place}\n" for place in number.found))
    return int(not all(number.is_met for number in numbers))
