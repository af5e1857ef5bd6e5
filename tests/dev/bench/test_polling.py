"""The cost of polling, by executing the definitions."""

from __future__ import annotations

import pytest

from dev.bench import polling
from dev.tools.asl import run


def test_the_naive_loop_checks_at_the_same_instants_as_ours() -> None:
    naive = run(polling.NAIVE, lambda now_s: {"status": "pending" if now_s < 60 else "completed", "wait_s": 10})
    assert naive.called_at == (22, 32, 42, 52, 62)
    assert naive.status == "SUCCEEDED"


def test_a_naive_payment_that_is_final_at_its_first_check_takes_five_transitions() -> None:
    naive = run(polling.NAIVE, lambda now_s: {"status": "completed"})
    assert naive.transitions == 5  # Wait, ask, choose, done, and the start.


def test_ours_takes_at_most_two_fifths_of_the_naive_loop() -> None:
    assert polling.mean_of_ours() == pytest.approx(9.31, abs=0.09)
    assert polling.mean_of_naive() == pytest.approx(23.99, abs=0.1)
