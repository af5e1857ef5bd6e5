"""The production code in seeded histories, and in those that once broke an invariant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dev.histories import corpus
from dev.histories.campaign import run_seeds
from dev.histories.history import draw_case, run

SEEDS, CHUNK = 500, 50
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_no_history_loses_or_doubles_money(first: int) -> None:
    summary = run_seeds(range(first, first + CHUNK))
    assert summary.failing == {}, "replay one with: make prove SEED=…"
    assert (summary.histories, summary.kills > 0, summary.faults.total() > CHUNK) == (CHUNK, True, True)


@pytest.mark.parametrize("path", list(corpus.paths()), ids=lambda path: path.stem)
def test_a_history_that_once_failed_passes(path: Path) -> None:
    assert run(corpus.read(path)).violations == []


@pytest.mark.parametrize("first", range(10_001, 10_061, 20))
def test_an_equal_seed_is_an_equal_history(first: int) -> None:
    for seed in range(first, first + 20):
        assert run(draw_case(seed)).hash == run(draw_case(seed)).hash


def test_another_process_runs_the_same_history() -> None:
    """Nothing of the process itself, such as the order of sets, may influence a history."""
    script = "from dev.histories.history import *; print([run(draw_case(seed)).hash for seed in range(5)])"
    environment = {"PYTHONPATH": "layers/common", "PYTHONHASHSEED": "7"}
    reported = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, check=True
    )
    assert reported.stdout.decode().strip() == str([run(draw_case(seed)).hash for seed in range(5)])
