"""rate(…) and cron(…), and the ticker that runs the schedules in virtual time."""

import calendar
import contextlib
import datetime
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from dev.local.blueprint import ScheduleSpec
from dev.local.clock import Clock

_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^)]+)\)")
_YEARS_AHEAD = 5
_NAP_SECONDS_MAX = 1.0  # The clock may be put forward meanwhile.
_END_SECONDS_MAX = 60.0
_CHECK_EVERY_SECONDS = 0.01
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}


class BadScheduleError(ValueError):
    pass


def next_run(expression: str, after: float) -> float:
    """The first instant later than `after` (epoch seconds)."""
    rate = _RATE.fullmatch(expression)
    if rate and int(rate[1]) > 0:
        return after + int(rate[1]) * _UNIT_SECONDS[rate[2]]
    cron = _CRON.fullmatch(expression)
    if cron and len(cron[1].split()) == 6:
        return Cron.parse(cron[1].split()).next_run(after)
    raise BadScheduleError(f"{expression} is no schedule the local stack knows")


def period(expression: str) -> float:
    """Seconds between two successive runs."""
    first = next_run(expression, 0)
    return next_run(expression, first) - first


@dataclass(frozen=True)
class Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 1 is Sunday.
    years: frozenset[int]

    @classmethod
    def parse(cls, fields: list[str]) -> "Cron":
        minutes, hours, days, months, weekdays, years = fields
        return cls(
            _field(minutes, 0, 59),
            _field(hours, 0, 23),
            _field(days, 1, 31),
            _field(months, 1, 12, _MONTHS),
            _field(weekdays, 1, 7, _WEEKDAYS),
            _field(years, 1970, 2199),
        )

    def next_run(self, after: float) -> float:
        start = datetime.datetime.fromtimestamp(after, datetime.UTC).replace(second=0, microsecond=0)
        start += datetime.timedelta(minutes=1)
        for offset in range(_YEARS_AHEAD * 366):
            day = start.date() + datetime.timedelta(days=offset)
            if self._is_on(day):
                for moment in self._moments(day):
                    if moment >= start:
                        return moment.timestamp()
        raise BadScheduleError("this cron expression has no run in the coming years")

    def _is_on(self, day: datetime.date) -> bool:
        weekday = day.isoweekday() % 7 + 1
        return day.year in self.years and day.month in self.months and day.day in self.days and weekday in self.weekdays

    def _moments(self, day: datetime.date) -> Iterable[datetime.datetime]:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                yield datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=datetime.UTC)


def _field(text: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        values.update(_part(part.upper(), low, high, names or {}))
    return frozenset(values)


def _part(part: str, low: int, high: int, names: dict[str, int]) -> range:
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    if span in ("*", "?"):
        return range(low, high + 1, int(step or 1))
    try:
        start = names.get(first) or int(first)
        end = (names.get(last) or int(last)) if last else (high if step else start)
    except ValueError as fault:
        raise BadScheduleError(f"{part} in a cron expression is not supported locally") from fault
    return range(start, end + 1, int(step or 1))


Send = Callable[[ScheduleSpec, Callable[[], None]], None]


class Ticker:
    """Starts what is due; a schedule that still runs is not started again."""

    def __init__(self, schedules: Iterable[ScheduleSpec], clock: Clock, send: Send) -> None:
        self._clock = clock
        self._send = send
        self._ticking = threading.Lock()
        self._running: set[ScheduleSpec] = set()
        now = clock.now()
        self._due_at = {schedule: next_run(schedule.expression, now) for schedule in schedules}

    def tick(self) -> float:
        """Start what is due now; returns the virtual seconds until the next run."""
        with self._ticking:
            now = self._clock.now()
            for schedule, due_at in self._due_at.items():
                if due_at <= now:
                    self._due_at[schedule] = next_run(schedule.expression, now)
                    self._start(schedule)
            return min(self._due_at.values()) - now

    def run(self, stopped: threading.Event) -> None:
        wait_seconds = 0.0 if self._due_at else None
        while wait_seconds is not None and not stopped.wait(wait_seconds):
            wait_seconds = min(self._clock.real_seconds(self.tick()), _NAP_SECONDS_MAX)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Wait for what runs, then start nothing; afterwards every schedule counts from the new time."""
        with self._ticking:
            give_up_at = time.monotonic() + _END_SECONDS_MAX
            while self._running and time.monotonic() < give_up_at:
                time.sleep(_CHECK_EVERY_SECONDS)
            try:
                yield
            finally:
                now = self._clock.now()
                self._due_at = {schedule: next_run(schedule.expression, now) for schedule in self._due_at}

    def _start(self, schedule: ScheduleSpec) -> None:
        if schedule not in self._running:
            self._running.add(schedule)
            self._send(schedule, lambda: self._running.discard(schedule))
