"""What must happen at a time, unless it is called off before: one thread for all, where a Timer takes one each."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import NamedTuple


class Alarm:
    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring: Callable[[], None] | None = ring

    def cancel(self) -> None:
        self._ring = None  # And what it would have needed may go.

    def ring(self) -> None:
        ring, self._ring = self._ring, None
        if ring:
            ring()


class _Due(NamedTuple):
    at: float
    number: int
    alarm: Alarm


class Alarms:
    def __init__(self) -> None:
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._sooner = threading.Condition()
        self._thread: threading.Thread | None = None

    def set(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        due = _Due(time.monotonic() + seconds, next(self._numbers), Alarm(ring))
        with self._sooner:
            heapq.heappush(self._due, due)
            if self._due[0] is due:
                self._sooner.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)
                self._thread.start()
        return due.alarm

    def _run(self) -> None:
        while True:
            with self._sooner:
                while not self._due or self._due[0].at > time.monotonic():
                    self._sooner.wait(self._due[0].at - time.monotonic() if self._due else None)
                alarm = heapq.heappop(self._due).alarm
            alarm.ring()


ALARMS = Alarms()
