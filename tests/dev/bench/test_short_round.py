"""Every part of the bench runs: what it measures answers, and the answers are right."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from dev.bench import processes
from dev.bench.__main__ import PARTS
from dev.bench.case import BadAnswer, Case
from dev.bench.cold import REFERENCE
from dev.bench.lambdas import Function
from dev.bench.package import lines
from dev.bench.stacks import CPU_PARTS
from dev.local.invocation import Outcome
from dev.tools.check_build import LAYER

BUILT_FIRST = "package"
OURS = ("initiate", "webhook", "apply", "poll")


@pytest.mark.parametrize("part", [part for part in PARTS if part not in ("starts", "load", BUILT_FIRST)])
def test_a_short_round_of_a_part_misses_no_goal(part: str) -> None:
    assert [line for line in PARTS[part](True) if not line.is_met] == []


def test_a_short_round_of_the_load_misses_no_goal_and_prints_each_process() -> None:
    lines = PARTS["load"](True)
    assert [line for line in lines if not line.is_met] == []
    shown = {line.what.rpartition("cpu each, ")[2]: line for line in lines if "cpu each, " in line.what}
    for part in (*CPU_PARTS, "all") if processes.IS_KNOWN else ():
        assert float(shown[part].ours.removesuffix(" ms")) > 0


def test_a_short_round_of_the_starts_takes_every_function_from_its_start_and_warm() -> None:
    reported = [line.what for line in PARTS["starts"](True)]  # So few measurements are noise and are not judged.
    for name in ("empty", REFERENCE, *OURS):
        assert {f"cold start {name}, cpu", f"warm {name}, cpu, p50 of 3"} < set(reported)


def test_the_largest_function_and_the_layer_are_weighed_together(tmp_path: Path) -> None:
    for folder, size in ((LAYER, 300_000), ("Small", 10), ("Large", 20_000)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "code.py").write_bytes(b"x" * size)
    (line,) = lines(tmp_path)
    assert (line.what, line.is_met) == ("package: Large and the layer, zipped", True)


def test_a_nested_stack_is_no_function(tmp_path: Path) -> None:
    for folder, file, size in ((LAYER, "code.py", 10), ("Small", "code.py", 10), ("AlarmsStack", "template.yaml", 20)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_bytes(b"x" * size)
    assert [line.what for line in lines(tmp_path)] == ["package: Small and the layer, zipped"]


@pytest.mark.parametrize(
    ("name", "goal", "is_met"), [("WebhookFunction", "<= 13 MB", True), ("Other", "<= 8 MB", False)]
)
def test_each_function_is_weighed_against_its_own_limit(tmp_path: Path, name: str, goal: str, is_met: bool) -> None:
    for folder, size in ((LAYER, 10), (name, 9_000_000)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "code.py").write_bytes(random.Random(1).randbytes(size))
    (line,) = lines(tmp_path)
    assert (line.goal, line.is_met) == (goal, is_met)


CASE = Case(Function("mine", (), {}), dict, "201", ("GetItem", "GetItem", "POST"))
GOOD = Outcome(b'{"statusCode": 201}')


def test_all_the_work_may_be_more_than_what_is_requested() -> None:
    CASE.check(GOOD, ["GetItem", "GetSecretValue", "GetItem", "POST"])


def test_an_applied_delivery_differs_from_one_that_was_put_off() -> None:
    case = replace(CASE, expected="applied")
    case.check(Outcome(b'{"states": ["applied"]}'), case.asks)
    for state in ("parked", None):
        with pytest.raises(BadAnswer, match=f"mine answered {state}, not applied"):
            case.check(Outcome(json.dumps({"states": [state]}).encode()), case.asks)


@pytest.mark.parametrize(
    ("outcome", "heard", "why"),
    [
        (GOOD, ["GetItem", "POST"], "mine answered without GetItem"),
        (Outcome(b'{"statusCode": 404}'), CASE.asks, "mine answered 404, not 201"),
        (Outcome(b"{}", "Timeout"), CASE.asks, "mine answered Timeout, not 201"),
    ],
)
def test_another_answer_or_half_of_the_work_is_reported(outcome: Outcome, heard: list[str], why: str) -> None:
    with pytest.raises(BadAnswer, match=why):
        CASE.check(outcome, heard)
