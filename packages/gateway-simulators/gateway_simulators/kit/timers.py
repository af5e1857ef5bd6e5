"""Actions due at a later time, in a queue. No I/O: the clock is injected."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

Action = Callable[[], None]


class Timers:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._queue: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._acting_at: float | None = None

    def now(self) -> float:
        """Inside an action: the time at which it was due, so that records after a long jump of the clock have the right
        times.
        """
        return self._clock() if self._acting_at is None else self._acting_at

    def at(self, due_at: float, action: Action) -> None:
        heapq.heappush(self._queue, (due_at, next(self._order), action))

    def after(self, seconds: float, action: Action) -> None:
        self.at(self.now() + seconds, action)

    def next_due_at(self) -> float | None:
        return self._queue[0][0] if self._queue else None

    def run_due(self) -> None:
        while self._queue and self._queue[0][0] <= self._clock():
            self._acting_at, _, action = heapq.heappop(self._queue)
            try:
                action()
            finally:
                self._acting_at = None

    def clear(self) -> None:
        self._queue.clear()
