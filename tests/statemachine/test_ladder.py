"""The real definition, executed on a virtual clock, keeps PhonePe's mandated schedule to the second."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

import pytest

from dev.tools.asl import Definition, Run, Task, TaskFailed, run
from dev.tools.polling_cost import mean_transitions, transitions
from payments.domain.values import polling
from tests.statemachine.machine import DEFINITION, open_until, run_until

MANDATED = (22, *range(25, 53, 3), *range(58, 113, 6), *range(122, 173, 10), 202, 232)
LONGEST_ORDER_S = 3600


def mandated_until(expiry_s: int) -> tuple[int, ...]:
    """Every mandated instant up to the first at or after the order's expiry."""
    every = (*MANDATED, *range(292, LONGEST_ORDER_S + 120, 60))
    return every[: bisect_left(every, expiry_s) + 1]


def test_an_abandoned_order_of_20_minutes_is_checked_46_times() -> None:
    abandoned = run_until(1200)
    assert abandoned.called_at == mandated_until(1200)
    assert (len(abandoned.called_at), abandoned.called_at[-1]) == (46, 1252)
    assert (abandoned.status, abandoned.output) == ("SUCCEEDED", {"status": "expired"})


@pytest.mark.parametrize("expiry_s", [300, 900, LONGEST_ORDER_S])
def test_orders_of_every_length_end_at_the_first_check_after_their_expiry(expiry_s: int) -> None:
    assert run_until(expiry_s).called_at == mandated_until(expiry_s)


def test_a_payment_paid_before_the_first_check_is_checked_once() -> None:
    assert run_until(13).called_at == (22,)


@pytest.mark.parametrize(
    ("arrives_s", "last_check_s"), [(23, 25), (52, 52), (53, 58), (113, 122), (173, 202), (233, 292)]
)
def test_a_webhook_in_between_ends_it_at_the_next_check(arrives_s: int, last_check_s: int) -> None:
    assert run_until(arrives_s).called_at == mandated_until(arrives_s)
    assert run_until(arrives_s).called_at[-1] == last_check_s


FOREIGN_ERRORS = (
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "States.Timeout",
    "KeyError",
)


@pytest.mark.parametrize("error", FOREIGN_ERRORS)
def test_an_error_that_is_no_rung_costs_a_minute_and_ends_nothing(error: str) -> None:
    failing = failing_at(error, 58)
    assert failing.called_at[10:14] == (52, 58, 118, 128)
    assert failing.status == "SUCCEEDED"


def failing_at(error: str, at_s: int) -> Run:
    """A run of a 20-minute order in which one check fails with another error."""
    pending = open_until(1200)

    def task(now_s: float) -> Mapping[str, Any]:
        if round(now_s) == at_s:
            raise TaskFailed(error)
        return pending(now_s)

    return run(DEFINITION, task)


def test_a_function_that_never_works_is_still_tried_every_minute_until_the_longest_order_has_expired() -> None:
    def task(now_s: float) -> Mapping[str, Any]:
        if now_s < LONGEST_ORDER_S:
            raise TaskFailed("Lambda.ServiceException")
        return {"status": "expired"}

    assert run(DEFINITION, task).called_at == tuple(range(22, LONGEST_ORDER_S + 60, 60))


def test_a_late_start_and_slow_checks_never_use_up_a_rung() -> None:
    """The function counts from the hand-off, so a machine that lags makes fewer checks of a step, never more."""
    pending = open_until(1200)
    for lag_s, slowness in ((0.5, 1.0), (30.0, 1.0), (0.2, 1.1), (1.0, 1.5)):
        late = run(DEFINITION, partial(lagging, pending, lag_s, slowness))
        assert late.status == "SUCCEEDED"


def lagging(task: Task, lag_s: float, slowness: float, now_s: float) -> Mapping[str, Any]:
    return task(now_s * slowness + lag_s)


def test_a_check_a_little_early_is_what_the_spare_attempt_is_for() -> None:
    pending = open_until(1200)
    early = run(DEFINITION, lambda now_s: pending(now_s - 1.6))
    assert early.status == "SUCCEEDED"
    assert early.called_at[11] == 55  # An eleventh check of the 3 s rung.


# --- the table in the definition, against the domain's


def table(definition: Definition) -> tuple[tuple[str, int, int, float], ...]:
    retriers = definition["States"]["Poll"]["Retry"]
    return tuple((*r["ErrorEquals"], r["IntervalSeconds"], r["MaxAttempts"], r["BackoffRate"]) for r in retriers)


def mandated_table(definition: Definition) -> tuple[tuple[str, int, int, float], ...]:
    """One spare try per step; the last step lasts as long as the machine may run."""
    minutes = definition["TimeoutSeconds"] // polling.LAST_RUNG_S
    rungs = [(f"PendingEvery{interval_s}s", interval_s, checks + 1, 1) for interval_s, checks in polling.LADDER]
    return (*rungs, ("PendingEvery60s", 60, minutes, 1), ("States.ALL", 60, minutes, 1))


def assert_mandated(definition: Definition) -> None:
    """Check the whole schedule: the table in the definition, and the times when it is executed."""
    assert definition["States"][definition["StartAt"]]["Seconds"] == polling.FIRST_CHECK_S
    assert LONGEST_ORDER_S + 120 <= definition["TimeoutSeconds"] <= 2 * LONGEST_ORDER_S
    assert table(definition) == mandated_table(definition)


def test_the_definition_has_the_mandated_table() -> None:
    assert_mandated(DEFINITION)


def test_a_check_gets_the_executions_input_as_it_is_and_waits_exactly_as_long_as_its_rung_says() -> None:
    """No path or parameter selects from the input, no error is caught, and no wait is spread or cut."""
    wait, poll = (DEFINITION["States"][name] for name in ("WaitForThePayer", "Poll"))
    assert set(wait) == {"Type", "Seconds", "Next"}
    assert set(poll) == {"Type", "Resource", "TimeoutSeconds", "Retry", "End"}
    fields = {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate"}
    assert [set(retrier) for retrier in poll["Retry"]] == [fields] * 6
    assert set(DEFINITION) == {"Comment", "StartAt", "TimeoutSeconds", "States"}


def test_the_mandate_itself_is_the_domains_ladder() -> None:
    spans_s = [interval_s * checks for interval_s, checks in polling.LADDER]
    assert [interval_s for interval_s, _ in polling.LADDER] == [3, 6, 10, 30]
    assert spans_s == [30, 60, 60, 60]
    assert 20 <= polling.FIRST_CHECK_S <= 25


# --- and each of these tests can fail


RETRIERS = range(len(DEFINITION["States"]["Poll"]["Retry"]))
ALTERED: dict[str, Callable[[Any], Any]] = {
    "IntervalSeconds": lambda interval_s: interval_s + 1,
    "MaxAttempts": lambda attempts: attempts // 2,
    "BackoffRate": lambda _: 2,
    "ErrorEquals": lambda _: ["PendingEvery7s"],
}


def altered(retrier: int, field: str) -> Definition:
    definition = deepcopy(DEFINITION)
    rung = definition["States"]["Poll"]["Retry"][retrier]
    rung[field] = ALTERED[field](rung[field])
    return definition


@pytest.mark.parametrize("field", ALTERED)
@pytest.mark.parametrize("retrier", RETRIERS)
def test_an_altered_rung_is_noticed_in_the_table(retrier: int, field: str) -> None:
    with pytest.raises(AssertionError):
        assert_mandated(altered(retrier, field))


# The last retrier is for other errors and waits a minute like the step before: executing cannot tell them apart.
SAME_WHEN_EXECUTED = {(4, "ErrorEquals"), *((5, field) for field in ALTERED)}
EXECUTED = [(at, field) for at in RETRIERS for field in ALTERED if (at, field) not in SAME_WHEN_EXECUTED]


@pytest.mark.parametrize(("retrier", "field"), EXECUTED)
def test_an_altered_rung_is_noticed_when_executed(retrier: int, field: str) -> None:
    changed = run(altered(retrier, field), open_until(LONGEST_ORDER_S))
    assert changed.called_at != run_until(LONGEST_ORDER_S).called_at


def test_an_altered_first_wait_is_noticed() -> None:
    definition = deepcopy(DEFINITION)
    definition["States"]["WaitForThePayer"]["Seconds"] = 30
    with pytest.raises(AssertionError):
        assert_mandated(definition)


# --- what it costs


@pytest.mark.parametrize("settled_s", [13, 22, 60, 61.5, 121, 180, 300, 1200, 3599])
def test_the_cost_model_counts_the_transitions_of_an_execution(settled_s: float) -> None:
    assert transitions(DEFINITION, settled_s) == run_until(settled_s).transitions


def test_a_payment_of_the_usual_mix_takes_at_most_9_4_transitions() -> None:
    assert mean_transitions(DEFINITION) <= 9.4
