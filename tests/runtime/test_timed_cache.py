from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from payments.runtime.timed_cache import TimedCache
from tests.world import HandClock

LASTS = timedelta(seconds=60)


def test_a_value_is_read_again_when_its_time_is_over() -> None:
    clock, numbers = HandClock(), itertools.count(1)
    remembered = TimedCache[str, int](lambda key: next(numbers), LASTS, clock)
    seen = []
    for seconds in (0, 59.9, 0.1, 59.9, 0.1):
        clock.sleep(seconds)
        seen.append(remembered("one"))
    assert seen == [1, 1, 2, 2, 3]
    assert remembered("another") == 4


def test_neither_none_nor_a_failure_is_cached() -> None:
    answers = iter([None, ValueError("down"), "value"])

    def read(key: str) -> str | None:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    remembered = TimedCache(read, LASTS, HandClock())
    assert remembered("one") is None
    with pytest.raises(ValueError, match="down"):
        remembered("one")
    assert remembered("one") == "value"


def test_a_value_that_has_become_none_is_forgotten() -> None:
    clock, answers = HandClock(), iter(["value", None, "again"])
    remembered = TimedCache[str, str | None](lambda key: next(answers), LASTS, clock)
    assert remembered("one") == "value"
    clock.sleep(60)
    assert remembered("one") is None
    clock.sleep(-1)  # The clock was corrected.
    assert remembered("one") == "again"


def test_memory_stays_small() -> None:
    remembered = TimedCache[int, str](str, LASTS, HandClock())
    for number in range(2500):
        assert remembered(number) == str(number)
        assert len(remembered._entries) <= 1000
