from __future__ import annotations

from datetime import timedelta

import pytest

from payments.domain import polling

MANDATED = [22, *range(25, 53, 3), *range(58, 113, 6), *range(122, 173, 10), 202, 232, *range(292, 1253, 60)]


def walk(until_s: int) -> list[int]:
    at = polling.FIRST_CHECK_S
    instants: list[int] = []
    while not instants or instants[-1] < until_s:
        instants.append(at)
        at += polling.rung(at)
    return instants


def test_the_ladder_is_the_mandated_one() -> None:
    assert walk(1200) == MANDATED
    assert len(MANDATED) == 46


@pytest.mark.parametrize("late_s", [0.4, 0.9, 1.2])
def test_a_check_that_comes_a_little_late_stays_on_its_rung(late_s: float) -> None:
    assert [polling.rung(at + late_s) for at in (22, 46, 52, 106, 112, 162, 172)] == [3, 3, 6, 6, 10, 10, 30]


def test_the_watch_for_late_success_ends_after_six_days() -> None:
    assert polling.payment_due_after(timedelta(days=5, hours=23), carried=False) == timedelta(days=1)
    assert polling.payment_due_after(timedelta(days=6), carried=False) is None


@pytest.mark.parametrize(
    ("age_s", "after_s"), [(0, 60), (599, 60), (600, 600), (3599, 600), (3600, 3600), (86_399, 3600), (86_400, 21_600)]
)
def test_refunds_are_looked_at_every_minute_then_ten_then_hourly_then_every_six_hours(age_s: int, after_s: int) -> None:
    assert polling.open_due_after(timedelta(seconds=age_s)) == timedelta(seconds=after_s)


def test_no_step_after_expiry_is_ever_zero_or_backwards() -> None:
    exact = [minutes * 60 for minutes in range(0, 6 * 24 * 60, 1)]
    for elapsed_s in (*exact, *range(0, 6 * 86_400, 137)):
        after = polling.payment_due_after(timedelta(seconds=elapsed_s), carried=False)
        assert after is not None
        assert after > timedelta(0)
