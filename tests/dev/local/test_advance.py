"""Days that pass at once, on a world of a due table, one simulator and two schedules."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from dev.local.advance import Advance, AlreadyAdvancingError, World
from dev.local.blueprint import ScheduleSpec
from dev.local.clock import Clock

MINUTE = ScheduleSpec("SweepEveryMinute", "Sweep", "EveryMinute", "rate(1 minute)", "{}")
HOUR = ScheduleSpec("SweepEveryHour", "Sweep", "EveryHour", "rate(1 hour)", "{}")
START = datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp()
DAY = 86_400.0


class Rows:
    """Due times, each of which the sweep moves by `again` seconds or removes."""

    def __init__(self, *due: float, again: float = 0.0) -> None:
        self.clock = Clock(0, START, 1, lambda: 0.0)  # Real time stands still: only jumps move the clock.
        self.due = [START + seconds for seconds in due]
        self.again = again
        self.timers: list[float] = []
        self.swept: list[float] = []
        self.reported: list[float] = []
        self.printed: list[str] = []
        self.happened: list[float] = []
        self.noted: list[float] = []
        self.is_paused = False

    def run(self, schedule: ScheduleSpec) -> None:
        assert self.is_paused
        now = self.clock.now()
        (self.swept if schedule is MINUTE else self.reported).append(now - START)
        if schedule is MINUTE:
            self.due = [at if at > now else now + self.again for at in self.due if at > now or self.again]

    def settle(self) -> float | None:
        now = self.clock.now()
        self.happened += [at - START for at in self.timers if at <= now]
        self.timers = [at for at in self.timers if at > now]
        return min(self.timers, default=None)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        self.is_paused = True
        yield
        self.is_paused = False

    def advance(self) -> Advance:
        world = World(
            schedules=(MINUTE, HOUR),
            paused=self.paused,
            run=self.run,
            due_at=lambda: min(self.due, default=None),
            settle=self.settle,
            note=lambda: self.noted.append(self.clock.now() - START),
            say=self.printed.append,
            stopped=threading.Event(),
        )
        return Advance(self.clock, world)


def test_the_clock_stops_where_rows_are_due_and_at_the_end() -> None:
    rows = Rows(1200, 40_000)
    answer = rows.advance()(0.5)
    assert rows.swept == [1200, 40_000, 43_200] == rows.noted
    assert answer == {
        "from": "2026-11-20T10:00:00.000Z",
        "to": "2026-11-20T22:00:00.000Z",
        "sweeps": 3,
        "runs": {"EveryMinute": 3},
    }
    assert not rows.is_paused


def test_rows_that_are_due_within_a_minute_wait_for_one_sweep() -> None:
    rows = Rows(-5, 0, 10, 59)
    rows.advance()(0.01)
    assert rows.swept == [60, 864]


def test_a_row_that_a_sweep_moves_on_is_due_again() -> None:
    rows = Rows(300, again=300)
    rows.advance()(1000 / DAY)
    assert rows.swept == [300, 600, 900, 1000]


def test_timers_of_the_simulators_are_stops_too_and_come_before_the_sweep() -> None:
    rows = Rows()
    rows.timers = [START + 90]
    rows.run = lambda schedule: rows.swept.append(len(rows.happened))  # type: ignore[method-assign]
    rows.advance()(200 / DAY)
    assert rows.happened == [90]
    assert rows.swept == [1, 1]


def test_the_hourly_report_comes_once_a_day() -> None:
    rows = Rows()
    answer = rows.advance()(31)
    assert rows.reported == [DAY * day for day in range(1, 32)]
    assert answer["runs"] == {"EveryMinute": 31, "EveryHour": 31}


def test_a_row_that_is_always_due_does_not_delay_three_months() -> None:
    rows = Rows(0, again=1)
    rows.advance()(92)
    assert len(rows.swept) < 600 + 92 * 24 + 1
    assert rows.clock.now() == START + 92 * DAY


def test_one_caller_at_a_time_moves_the_clock() -> None:
    rows = Rows()
    advance = rows.advance()
    refused: list[bool] = []

    def run(schedule: ScheduleSpec) -> None:
        try:
            advance(1)
        except AlreadyAdvancingError:
            refused.append(True)

    rows.run = run  # type: ignore[method-assign]
    advance = rows.advance()
    advance(0.1)
    assert refused == [True]


def test_a_stack_that_ends_stops_the_journey() -> None:
    rows = Rows(again=1)
    advance = rows.advance()
    advance._world.stopped.set()
    assert advance(31)["sweeps"] == 0


def test_a_long_journey_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.local.advance._TELL_EVERY_SECONDS", 0.0)
    rows = Rows()
    rows.advance()(2)
    assert rows.printed[0] == "         1.0 of 2 days have passed: it is 2026-11-21T10:00:00.000Z"
