"""The development clock: faster than real time, and put forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from payments.runtime.clock import SystemClock

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_clock_that_is_put_forward_has_the_later_time_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.runtime.clock.time.time", lambda: 1003.0)
    moved = [0.0]
    clock = SystemClock(1000, NOW.timestamp(), 20, lambda: moved[0])
    assert clock.now() == NOW + timedelta(seconds=60)
    moved[0] = 86_400.0
    assert clock.now() == NOW + timedelta(days=1, seconds=60)
    assert clock.lasting(70) == timedelta(seconds=1400)
