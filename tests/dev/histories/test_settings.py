"""When the histories begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from dev.histories.settings import START_MS, start_of_histories
from payments.gateways.registry import all_rows

EARLIEST = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
OLD = replace(all_rows()[0], since=date(2025, 1, 1))
NEW = {"the same day": date(2026, 11, 20), "years later": date(2031, 2, 28)}


def test_histories_begin_on_a_fixed_day_while_every_row_is_older() -> None:
    assert start_of_histories([OLD, replace(OLD, since=date(2026, 11, 19))]) == EARLIEST


@pytest.mark.parametrize("since", NEW.values(), ids=NEW)
def test_a_newer_row_moves_their_beginning_to_its_day(since: date) -> None:
    assert start_of_histories([OLD, replace(OLD, since=since), OLD]) == datetime.combine(since, EARLIEST.timetz())


def test_every_row_of_the_table_is_valid_when_they_begin() -> None:
    start = datetime.fromtimestamp(START_MS / 1000, UTC)
    assert [row for row in all_rows() if row.since > start.date()] == []
