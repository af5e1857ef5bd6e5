"""The minutes of each part, as `make test` prints them."""

from __future__ import annotations

import pytest

from tests.minutes import lines, part_of


@pytest.mark.parametrize(
    ("nodeid", "part"),
    [
        ("tests/usecases/case/test_decide.py::test_one[a::b]", "usecases"),
        ("tests/sdk/node/test_stripe.py::test_one", "sdk"),
        ("tests/dev/histories/test_histories.py::test_one[1]", "histories/test_histories.py"),
        ("tests/dev/local/test_pool.py::test_one", "dev/local"),
        ("packages/gateway-simulators/simulator_tests/stripe/test_x.py::test_one", "gateway-simulators"),
    ],
)
def test_a_part_is_a_folder_and_of_the_histories_a_file(nodeid: str, part: str) -> None:
    assert part_of(nodeid) == part


def test_the_longest_comes_first_and_the_clock_last() -> None:
    assert lines({"usecases": 60, "simulation": 600}, 30, 360) == [
        "  10.0  simulation",
        "   1.0  usecases",
        "   0.5  by the clock, before the tests",
        "   6.0  by the clock, the tests",
    ]


def test_more_than_twenty_minutes_are_reported_to_be_too_many() -> None:
    assert lines({}, 0, 1_201)[-1].endswith("the tests, which is over 20: draw fewer seeds")
