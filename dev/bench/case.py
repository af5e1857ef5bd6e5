"""What is measured: a function, an event, and a check that all of its work was done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dev.bench.events import Event
from dev.bench.lambdas import Function
from dev.local.invocation import Outcome


class BadAnswer(Exception):
    """A function did not do the work that is measured."""


@dataclass(frozen=True, slots=True)
class Goals:
    """The most that a function may take, as multiples of the reference's time: from its start, and warm."""

    cold_cpu: float | None = None
    cold_instructions: float | None = None
    warm_cpu: float | None = None


NO_GOALS = Goals()


@dataclass(frozen=True, slots=True)
class Case:
    """`expected` is the right answer: an HTTP status, the name of an error, or the state of an applied delivery.

    `asks` are the calls of store and gateway without which it cannot do its work.
    """

    function: Function
    event: Callable[[], Event]
    expected: str
    asks: tuple[str, ...] = ()
    goals: Goals = NO_GOALS

    def check(self, outcome: Outcome, heard: Iterable[str]) -> None:
        """Check answer and calls. Raises BadAnswer."""
        text = outcome.error or _text(json.loads(outcome.payload))
        if text != self.expected:
            raise BadAnswer(f"{self.function.name} answered {text}, not {self.expected}: {outcome.payload[:500]!r}")
        if left_out := Counter(self.asks) - Counter(heard):
            raise BadAnswer(f"{self.function.name} answered without {', '.join(left_out.elements())}")


def _text(answer: Mapping[str, Any]) -> str:
    return ", ".join(map(str, answer["states"])) if "states" in answer else str(answer.get("statusCode"))
