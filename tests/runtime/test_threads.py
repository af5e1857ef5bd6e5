"""Jobs side by side, as a deployed function runs them."""

from __future__ import annotations

import threading

import pytest

from payments.runtime.threads import threads


def test_as_many_jobs_run_at_once_as_the_crew_has_room_for() -> None:
    meeting = threading.Barrier(3, timeout=10)

    def meet() -> int:
        return meeting.wait()

    with threads(3) as crew:
        for _ in range(crew.size):
            crew.start(meet)
        assert sorted(crew.wait() for _ in range(3)) == [0, 1, 2]


def test_results_come_in_the_order_in_which_jobs_end() -> None:
    is_first_over = threading.Event()

    def slow() -> str:
        assert is_first_over.wait(10)
        return "slow"

    with threads(2) as crew:
        crew.start(slow)
        crew.start(lambda: "quick")
        assert crew.wait() == "quick"
        is_first_over.set()
        assert crew.wait() == "slow"


def test_what_a_job_raises_is_raised_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise LookupError("gone")

    with threads(1) as crew:
        crew.start(fail)
        with pytest.raises(LookupError, match="gone"):
            crew.wait()
