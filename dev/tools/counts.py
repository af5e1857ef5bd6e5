"""Numbers of places in the source, each with its limit: printed by `make house` and `make words`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """`found` names each place. `most` is the limit; a test requires that it equals the number. `goal` is the
    target.
    """

    what: str
    found: tuple[str, ...]
    most: int
    goal: int

    @property
    def is_met(self) -> bool:
        return len(self.found) <= self.most


def show(numbers: Sequence[Number]) -> int:
    """Print a line for each, and the places of those above their limit. Returns the exit code."""
    for number in numbers:
        limit = f"at most {number.most}" + (f", to become {number.goal}" if number.goal != number.most else "")
        sys.stdout.write(f"{len(number.found):>4}  {number.what} ({limit})\n")
        if not number.is_met:
            sys.stdout.write("".join(f"      {place}\n" for place in number.found))
    return int(not all(number.is_met for number in numbers))
