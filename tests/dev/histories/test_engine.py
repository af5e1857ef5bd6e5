"""The engine: a killed task does nothing more, and a failing history is minimised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev.histories import corpus
from dev.histories.books import Books
from dev.histories.chaos import CALM, Chaos
from dev.histories.cloud import Cloud
from dev.histories.history import Case, draw_case, run
from dev.histories.minimise import minimise
from dev.histories.plan import Act, Plan
from dev.histories.scheduler import Ended, Scheduler
from dev.histories.settings import PREFIX
from dev.histories.trace import Trace

PLAN = Plan(
    late_success="grant",
    refund_step_s=2.0,
    second_pay_s=1.0,
    late_success_s=30.0,
    amounts={"A": 49_900},
    lives_s={"A": 1_200},
    acts=(
        Act(0.0, "initiate", "A", {"key": "k1", "tries": 2}),
        Act(5_000.0, "pay", "A", {"page": 0}),
        Act(8_000.0, "return", "A"),
        Act(60_000.0, "refund", "A", {"key": "f1", "minor": 10_000, "tries": 2}),
    ),
)


def test_a_killed_task_runs_no_cleanup_and_never_resumes() -> None:
    scheduler = Scheduler(0.0)
    did: list[str] = []
    ends: list[Ended] = []

    def body() -> None:
        try:
            did.append("began")
            scheduler.pause(10.0)
            did.append("went on")
        finally:
            did.append("cleaned up")

    task = scheduler.spawn("doomed", body, 1_000.0, ends.append)
    scheduler.at(5.0, task.kill)
    scheduler.run(until_ms=100.0, steps_max=100)
    assert (did, ends) == (["began"], [Ended(was_killed=True)])


def test_a_task_is_cut_off_at_its_time_limit() -> None:
    scheduler = Scheduler(0.0)
    ends: list[Ended] = []
    scheduler.spawn("slow", lambda: scheduler.pause(2_000.0), 1_000.0, ends.append)
    scheduler.run(until_ms=5_000.0, steps_max=100)
    assert ends == [Ended(was_killed=True)]


def test_tasks_interleave_in_the_order_of_their_times() -> None:
    scheduler, did = Scheduler(0.0), []

    def worker(name: str, step_ms: float) -> None:
        for _ in range(2):
            scheduler.pause(step_ms)
            did.append((name, scheduler.now_ms))

    scheduler.spawn("a", lambda: worker("a", 3.0), 100.0, lambda how: None)
    scheduler.spawn("b", lambda: worker("b", 2.0), 100.0, lambda how: None)
    assert scheduler.run(until_ms=100.0, steps_max=100)
    assert did == [("b", 2.0), ("a", 3.0), ("b", 4.0), ("a", 6.0)]


def test_a_history_without_faults_comes_to_rest() -> None:
    outcome = run(Case(1, PLAN, CALM), keeps_story=True)
    assert (outcome.violations, outcome.kills, dict(outcome.faults)) == ([], 0, {})
    assert any("pay A" in line for line in outcome.story)


def test_a_script_says_what_goes_wrong_and_nothing_else_does() -> None:
    outcome = run(Case(1, PLAN, CALM, {("initiate A#1", 3): "kill_after"}))
    assert (outcome.violations, outcome.kills) == ([], 1)
    assert outcome.happened == {("initiate A#1", 3): "kill_after"}


def test_a_random_history_can_be_written_as_a_script() -> None:
    case = next(case for case in map(draw_case, range(50)) if run(case).kills)
    reported = replace(case, script=dict(run(case).happened))
    assert run(reported).violations == []


def test_what_is_drawn_differs_by_seed_and_by_task() -> None:
    chaos = Chaos(1, CALM)
    points = [chaos.stream(name).point("store", 1, False) for name in ("a", "b")]
    points.append(Chaos(2, CALM).stream("a").point("store", 1, False))
    assert len({point.there_ms for point in points}) == 3


def test_a_failing_history_is_made_small_and_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a checker that forbids refunds, only the acts that lead to a refund are left."""

    def dislikes(books: Books, refund: dict[str, Any], *rest: object) -> None:
        books.require(refund["status"]["S"] != "completed", "INV-99", "somebody got money back")

    monkeypatch.setattr(Books, "_refund_moved", dislikes)
    plan = replace(PLAN, acts=(*PLAN.acts, Act(9_000.0, "refresh", "A")))
    noisy = (replace(draw_case(seed), plan=plan) for seed in range(50))
    small = minimise(next(case for case in noisy if run(case).violations))
    assert [act.do for act in small.plan.acts] == ["initiate", "pay", "refund"]
    assert small.script == {}
    path = corpus.write(small, "INV-99", tmp_path)
    assert corpus.read(path) == small
    assert run(small).violations[0].startswith("INV-99")


def test_a_history_without_a_violation_cannot_be_minimised() -> None:
    with pytest.raises(ValueError, match="violates nothing"):
        minimise(Case(1, PLAN, CALM))


@pytest.mark.parametrize(("second", "is_reported"), [("first", False), ("another", True)])
def test_an_answer_that_is_written_over_is_reported(second: str, is_reported: bool) -> None:
    cloud = Cloud(Chaos(1, CALM), Trace())
    books = Books(cloud)
    cloud.dynamo.changes = books.on_commit
    key = {"pk": {"S": "T#ws_demo#IDEM#refund#k"}, "sk": {"S": "CLAIM"}}
    for body in ("first", second):
        item = {**key, "answer": {"M": {"status": {"N": "201"}, "body": {"S": body}}}}
        cloud.dynamo.put_item(TableName=f"{PREFIX}idempotency_keys", Item=item)
    assert [response[:6] for response in books.violations] == (["INV-18"] if is_reported else [])
