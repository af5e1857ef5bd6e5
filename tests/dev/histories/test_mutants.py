"""The planted bugs are where the table says, and those that show fastest are seen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from dev.histories.mutants.mutant import Mutant
from dev.histories.mutants.plant import plant, planted
from dev.histories.mutants.seen import seed_by_name
from dev.histories.mutants.table import MUTANTS
from dev.histories.mutants.verdict import ROOT, Hunt

LEAST = 200
QUICKEST = (
    "intent_without_reference",
    "timeout_is_a_refusal",
    "retry_without_claim",
    "payment_not_due",
    "events_left_out",
    "late_success_ignored",
)


def by_name(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)


def source(mutant: Mutant) -> str:
    spec = find_spec(mutant.module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_place_of_a_planted_bug_is_there_once_and_makes_another_program(mutant: Mutant) -> None:
    changed = planted(source(mutant), mutant)
    assert changed != source(mutant)
    compile(changed, mutant.module, "exec")


def test_no_bug_is_planted_twice() -> None:
    assert len({(mutant.module, mutant.old.strip(), mutant.new.strip()) for mutant in MUTANTS}) == len(MUTANTS)


def test_there_are_enough_of_them_and_each_has_its_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= LEAST


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_is_reported_as_seen_by_a_history_or_a_test_or_as_harmless(mutant: Mutant) -> None:
    assert bool(mutant.expects) is not bool(mutant.direct or mutant.second)
    if mutant.direct:
        path, _, test = mutant.direct.partition("::")
        assert f"def {test.partition('[')[0]}(" in (ROOT / path).read_text()


def test_pytest_finds_each_named_test_with_its_parameters() -> None:
    """If one is missing, `make prove-mutants` judges nothing."""
    named = sorted({mutant.direct for mutant in MUTANTS if mutant.direct})
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *named]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


def test_a_bug_is_not_planted_where_the_program_runs_already() -> None:
    with pytest.raises(RuntimeError, match="too late"):
        plant("events_left_out")


def test_seeds_are_stored_of_bugs_that_a_history_is_expected_to_show() -> None:
    assert seed_by_name().keys() <= {mutant.name for mutant in MUTANTS if mutant.expects}


def test_a_bug_with_a_test_comes_first_and_one_without_a_known_seed_last() -> None:
    names = ("events_left_out", "late_success_ignored", "decided_case_listed")
    hunt = Hunt(1, 1, {"late_success_ignored": 2})
    assert sorted(names, key=lambda name: hunt.cost(by_name(name))) == list(reversed(names))


def test_the_seed_that_showed_a_bug_last_is_tried_before_all_others() -> None:
    verdict = Hunt(first_seed=1, seeds=1, known={"late_success_ignored": 2}).judge(by_name("late_success_ignored"))
    assert (verdict.by, verdict.seed) == ("history", 2), verdict.message


def test_a_bug_with_a_test_is_judged_by_that_test_alone() -> None:
    verdict = Hunt(first_seed=1, seeds=1).judge(by_name("decided_case_listed"))
    assert (verdict.by, verdict.is_right) == ("test", True), verdict.message


def test_a_bug_that_its_test_does_not_see_is_seen_by_no_one() -> None:
    blind = replace(by_name("decided_case_listed"), direct="tests/domain/rules/test_checkpoints.py")
    verdict = Hunt(first_seed=1, seeds=1).judge(blind)
    assert (verdict.by, verdict.is_right) == ("nobody", False), verdict.message


@pytest.mark.parametrize("name", QUICKEST)
def test_a_planted_bug_is_seen(name: str) -> None:
    verdict = Hunt(first_seed=1, seeds=40).judge(by_name(name))
    assert verdict.by == "history", verdict.message
