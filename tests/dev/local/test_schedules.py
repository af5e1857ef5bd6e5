import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from dev.local.blueprint import ScheduleSpec
from dev.local.clock import Clock
from dev.local.schedules import BadScheduleError, Ticker, next_run, period


def instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("expression", "seconds"), [("rate(1 minute)", 60), ("rate(5 hours)", 18000), ("rate(1 day)", 86400)]
)
def test_a_rate_counts_from_the_last_run(expression: str, seconds: int) -> None:
    assert next_run(expression, 1000) == 1000 + seconds


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("cron(* * * * ? *)", "2026-11-20 13:26"),
        ("cron(0/15 * * * ? *)", "2026-11-20 13:30"),
        ("cron(30 2 * * ? *)", "2026-11-21 02:30"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-20 18:00"),
        ("cron(0 9 ? * SUN *)", "2026-11-22 09:00"),
        ("cron(0 0 1 * ? *)", "2026-12-01 00:00"),
        ("cron(0 12 1,15 JAN ? *)", "2027-01-01 12:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29 00:00"),
        ("cron(5-7 13 20 11 ? 2027)", "2027-11-20 13:05"),
    ],
)
def test_a_cron_expression_gives_its_next_minute(expression: str, wanted: str) -> None:
    assert next_run(expression, instant("2026-11-20 13:25:29")) == instant(wanted)


@pytest.mark.parametrize(
    "expression", ["rate(0 minutes)", "cron(* *)", "cron(0 0 L * ? *)", "at(2026-11-20T00:00:00)", ""]
)
def test_an_expression_we_do_not_know_is_refused(expression: str) -> None:
    with pytest.raises(BadScheduleError):
        next_run(expression, 0)


class Wall:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Sent:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.finish: list[Callable[[], None]] = []

    def __call__(self, schedule: ScheduleSpec, done: Callable[[], None]) -> None:
        self.names.append(schedule.event)
        self.finish.append(done)


def ticker_at_speed(speed: float) -> tuple[Ticker, Wall, Sent]:
    wall, sent = Wall(), Sent()
    minute = ScheduleSpec("FMinute", "F", "Minute", "rate(1 minute)", "{}")
    hour = ScheduleSpec("FHour", "F", "Hour", "rate(1 hour)", "{}")
    return Ticker([minute, hour], Clock(0, 0, speed, wall), sent), wall, sent


def test_the_ticker_sends_what_is_due_in_virtual_time() -> None:
    ticker, wall, sent = ticker_at_speed(20)
    assert ticker.tick() == 60
    assert sent.names == []
    wall.now = 3  # One virtual minute.
    assert ticker.tick() == 60
    assert sent.names == ["Minute"]
    sent.finish.pop()()
    wall.now = 180
    ticker.tick()
    assert sorted(sent.names) == ["Hour", "Minute", "Minute"]


def test_a_job_that_still_runs_is_not_sent_again() -> None:
    ticker, wall, sent = ticker_at_speed(1)
    for wall.now in (60, 120):
        ticker.tick()
    assert sent.names == ["Minute"]
    sent.finish.pop()()
    wall.now = 180
    ticker.tick()
    assert sent.names == ["Minute", "Minute"]


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), ("rate(1 day)", 86400), ("cron(0/15 * * * ? *)", 900), ("cron(30 2 * * ? *)", 86400)],
)
def test_a_schedule_has_a_period(expression: str, seconds: int) -> None:
    assert period(expression) == seconds


def test_a_paused_ticker_sends_nothing_and_afterwards_counts_anew() -> None:
    ticker, wall, sent = ticker_at_speed(1)
    with ticker.paused():
        ticking = threading.Thread(target=ticker.tick)
        ticking.start()
        wall.now = 7000
    ticking.join(5)
    assert sent.names == []
    wall.now = 7060
    ticker.tick()
    assert sent.names == ["Minute"]


def test_a_job_that_runs_ends_before_the_ticker_is_paused() -> None:
    ticker, wall, sent = ticker_at_speed(1)
    wall.now = 60
    ticker.tick()
    ends = threading.Timer(0.05, sent.finish[0])
    ends.start()
    with ticker.paused():
        assert ends.finished.is_set()
