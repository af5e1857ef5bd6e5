"""How often a request goes to DynamoDB, counted on the production store through the production handlers."""

from __future__ import annotations

from dev.bench import trips

USUAL = {"initiate": 2, "repeat": 1, "webhook": 1, "apply": 4, "refund": 3, "status": 1, "pending poll": 1}


def test_each_request_takes_the_calls_it_needs_and_no_more() -> None:
    counted = trips.count()
    assert counted == USUAL
    assert all(counted[what] <= most for what, most in trips.MOST.items())


def test_once_a_minute_reading_the_member_and_the_workspace_is_one_call_more() -> None:
    by_callers = {"initiate", "repeat", "refund", "status"}
    assert trips.count(for_new_caller=True) == {what: calls + (what in by_callers) for what, calls in USUAL.items()}
