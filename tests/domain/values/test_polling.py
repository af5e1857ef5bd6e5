from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from payments.domain.values import polling

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
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


@pytest.mark.parametrize("late_s", [-1.5, -0.4, 0.4, 0.9, 1.2])
def test_a_check_that_comes_a_little_early_or_late_stays_on_its_rung(late_s: float) -> None:
    assert [polling.rung(at + late_s) for at in (22, 46, 52, 106, 112, 162, 172)] == [3, 3, 6, 6, 10, 10, 30]


def test_the_watch_for_late_success_ends_after_six_days() -> None:
    assert polling.payment_due_after(timedelta(days=5, hours=23), carried=False) == timedelta(days=1)
    assert polling.payment_due_after(timedelta(days=6), carried=False) is None


@pytest.mark.parametrize(
    ("age_s", "after_s"), [(0, 60), (599, 60), (600, 600), (3599, 600), (3600, 3600), (86_399, 3600), (86_400, 21_600)]
)
def test_refunds_are_checked_every_minute_then_ten_then_hourly_then_every_six_hours(age_s: int, after_s: int) -> None:
    assert polling.open_due_after(timedelta(seconds=age_s)) == timedelta(seconds=after_s)


def test_no_step_after_expiry_is_ever_zero_or_backwards() -> None:
    exact = [minutes * 60 for minutes in range(0, 6 * 24 * 60, 1)]
    for elapsed_s in (*exact, *range(0, 6 * 86_400, 137)):
        after = polling.payment_due_after(timedelta(seconds=elapsed_s), carried=False)
        assert after is not None
        assert after > timedelta(0)


@pytest.mark.parametrize(
    ("since_s", "carried", "due_in"),
    [
        (-1, False, MINUTE),
        (-1, True, 5 * MINUTE),
        (0, True, 2 * MINUTE),
        (119, False, timedelta(seconds=1)),
        (120, False, 3 * MINUTE),
        (3600, False, 5 * HOUR),
        (6 * 3600, False, DAY),
        (6 * 86_400 - 1, False, DAY),
        (6 * 86_400, False, None),
    ],
)
def test_a_payment_is_checked_by_the_time_since_its_expiry(
    since_s: int, carried: bool, due_in: timedelta | None
) -> None:
    assert polling.payment_due_after(timedelta(seconds=since_s), carried=carried) == due_in


@pytest.mark.parametrize(
    ("lasts", "now", "due_at", "ends_at"),
    [
        (30 * DAY, START, START + DAY, START + 30 * DAY),
        (30 * DAY, START + DAY - MINUTE, START + DAY, START + 30 * DAY),
        (30 * DAY, START + DAY, START + 3 * DAY, START + 30 * DAY),
        (30 * DAY, START + 30 * DAY, None, START + 30 * DAY),
        (3 * DAY, START + DAY, START + 3 * DAY, START + 3 * DAY),
        (3 * DAY, START + 3 * DAY, None, START + 3 * DAY),
        (DAY - MINUTE, START, None, None),
    ],
)
def test_a_completed_refund_is_watched_for_as_long_as_it_may_come_back(
    lasts: timedelta, now: datetime, due_at: datetime | None, ends_at: datetime | None
) -> None:
    assert polling.return_watch(START, now, lasts) == due_at
    assert polling.return_watch_ends(START, lasts) == ends_at


@pytest.mark.parametrize(
    ("left", "due_in"),
    [
        (None, 6 * HOUR),
        (-MINUTE, 6 * HOUR),
        (timedelta(0), 6 * HOUR),
        (MINUTE, HOUR),
        (DAY, HOUR),
        (DAY + MINUTE, MINUTE),
        (DAY + 6 * HOUR, 6 * HOUR),
        (9 * DAY, 6 * HOUR),
    ],
)
def test_a_dispute_is_checked_often_on_the_last_day_in_which_it_can_be_answered(
    left: timedelta | None, due_in: timedelta
) -> None:
    assert polling.dispute_due_after(START, None if left is None else START + left) == due_in
