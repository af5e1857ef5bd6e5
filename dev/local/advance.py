"""POST /_local/clock: days pass at once. The clock goes from one due row to the next, and everything due is done on the
way.
"""

import datetime
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from dev.local.blueprint import ScheduleSpec
from dev.local.clock import Clock
from dev.local.schedules import period

DAYS_MAX = 400
DAY_S = 86_400.0
_MINUTE_S = 60.0  # Rows that come due within a minute wait for one run, as with the deployed schedule.
_HOUR_S = 3_600.0
_TO_THE_MINUTE = 600  # After so many stops, a row that keeps coming due may have to wait for an hour.
_TELL_EVERY_SECONDS = 2.0


class AlreadyAdvancingError(Exception):
    """Only one caller at a time may move the clock."""


@dataclass(frozen=True)
class World:
    """What has to happen on the way."""

    schedules: tuple[ScheduleSpec, ...]
    paused: Callable[[], AbstractContextManager[None]]  # Pauses the ticker, which runs the schedules otherwise.
    run: Callable[[ScheduleSpec], None]
    due_at: Callable[[], float | None]  # Returns the earliest due time in all due indexes (epoch seconds).
    settle: Callable[[], float | None]  # Lets simulators and executions do what is due; returns their next time.
    note: Callable[[], None]  # Called when the clock was put forward.
    say: Callable[[str], None]
    stopped: threading.Event


class Advance:
    def __init__(self, clock: Clock, world: World) -> None:
        self._clock = clock
        self._world = world
        self._one_at_a_time = threading.Lock()

    def __call__(self, days: float) -> dict[str, Any]:
        """Let `days` pass. Returns {"from", "to", "sweeps", "runs"}: the number of stops, and the runs by schedule."""
        if not self._one_at_a_time.acquire(blocking=False):
            raise AlreadyAdvancingError
        try:
            with self._world.paused():
                return Journey(self._clock, self._world, days).go()
        finally:
            self._one_at_a_time.release()


class Journey:
    def __init__(self, clock: Clock, world: World, days: float) -> None:
        self._clock, self._world, self._days = clock, world, days
        self._start = clock.now()
        self._end = self._start + days * DAY_S
        self._each_stop = [schedule for schedule in world.schedules if period(schedule.expression) <= _MINUTE_S]
        self._next_run = {s: self._start + _slow_period(s) for s in world.schedules if s not in self._each_stop}
        self._runs: Counter[str] = Counter()
        self._stops = 0
        self._reported_at = time.monotonic()

    def go(self) -> dict[str, Any]:
        next_at = self._world.settle()
        while self._clock.now() < self._end and not self._world.stopped.is_set():
            next_at = self._stop_at(self._next_stop(next_at), next_at)
            self._tell()
        return {
            "from": _text(self._start),
            "to": _text(self._clock.now()),
            "sweeps": self._stops,
            "runs": dict(self._runs),
        }

    def _next_stop(self, settled_at: float | None) -> float:
        now = self._clock.now()
        nearest = now + (_MINUTE_S if self._stops < _TO_THE_MINUTE else _HOUR_S)
        due = [at for at in (settled_at, self._world.due_at(), *self._next_run.values()) if at is not None]
        return min(max([nearest, min(due, default=self._end)]), self._end)

    def _stop_at(self, stop_at: float, next_at: float | None) -> float | None:
        self._clock.put_forward(stop_at - self._clock.now())
        self._world.note()
        self._stops += 1
        if next_at is not None and next_at <= self._clock.now():
            self._world.settle()
        for schedule in (*self._each_stop, *self._slow_ones_due()):
            self._world.run(schedule)
            self._runs[schedule.event] += 1
        return self._world.settle()

    def _slow_ones_due(self) -> Iterable[ScheduleSpec]:
        now = self._clock.now()
        due = [schedule for schedule, at in self._next_run.items() if at <= now]
        self._next_run |= {schedule: self._next_run[schedule] + _slow_period(schedule) for schedule in due}
        return due

    def _tell(self) -> None:
        if time.monotonic() - self._reported_at < _TELL_EVERY_SECONDS:
            return
        self._reported_at = time.monotonic()
        passed = min((self._clock.now() - self._start) / DAY_S, self._days)
        self._world.say(f"         {passed:.1f} of {self._days:g} days have passed: it is {_text(self._clock.now())}")


def _slow_period(schedule: ScheduleSpec) -> float:
    """Seconds between two runs, at least a day."""
    return max(period(schedule.expression), DAY_S)


def _text(at: float) -> str:
    return (
        datetime.datetime.fromtimestamp(at, datetime.UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    )
