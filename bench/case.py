"""What is measured: a function, an event, and how to tell that all of its work was done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.events import Event
from bench.lambdas import Function
from local.invocation import Outcome


class BadAnswer(Exception):
    """A function did not do what it is measured for."""


@dataclass(frozen=True, slots=True)
class Goals:
    """The most that a function may take, as multiples of the reference's: from its start, and warm."""

    cold_cpu: float | None = None
    cold_instructions: float | None = None
    warm_cpu: float | None = None


NO_GOALS = Goals()


@dataclass(frozen=True, slots=True)
class Case:
    """`expected` is the HTTP status or the name of the error that is the right answer.

    `asks` is what it cannot do its work without asking of store and gateway.
    """

    function: Function
    event: Callable[[], Event]
    expected: str
    asks: tuple[str, ...] = ()
    goals: Goals = NO_GOALS

    def check(self, outcome: Outcome, heard: Iterable[str]) -> None:
        """Raises BadAnswer."""
        text = outcome.error or str(json.loads(outcome.payload).get("statusCode"))
        if text != self.expected:
            raise BadAnswer(f"{self.function.name} answered {text}, not {self.expected}: {outcome.payload[:500]!r}")
        if left_out := Counter(self.asks) - Counter(heard):
            raise BadAnswer(f"{self.function.name} answered without {', '.join(left_out.elements())}")
