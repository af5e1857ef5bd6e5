"""The development clock: faster than real time, and put forward."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from payments.runtime.clock import SystemClock

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_clock_that_is_put_forward_has_the_later_time_at_once() -> None:
    moved, real = [0.0], time.time() - 3
    clock = SystemClock(real, NOW.timestamp(), 20, lambda: moved[0])
    assert_shows(clock, real, NOW)
    moved[0] = 86_400.0
    assert_shows(clock, real, NOW + timedelta(days=1))
    assert clock.lasting(70) == timedelta(seconds=1400)


def assert_shows(clock: SystemClock, real: float, anchor: datetime) -> None:
    """It shows twenty seconds after `anchor` for each real second since `real`."""
    before = time.time()
    shown = clock.now()
    after = time.time()
    ends = (anchor + timedelta(seconds=(at - real) * 20) for at in (before, after))
    assert next(ends) - timedelta(milliseconds=1) <= shown <= next(ends)
