"""One history: a seed's plan and faults, run to rest, checked all the way."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from payments.gateways.contract import GatewayError, WebhookForged
from payments.store.client import Cancelled, ConditionFailed
from payments.store.contract import NotFound, StoreError, TenantFence, Unreadable
from payments.usecases.errors import UseCaseError
from payments.usecases.poll import StillOpen
from simulation.actors import Actors
from simulation.books import Books
from simulation.chaos import WHOLE_MS, Chaos, Profile, Script, draw_profile
from simulation.cloud import Cloud
from simulation.nudges import NUDGES
from simulation.plan import DAY, HOUR, MINUTE, Plan, draw_plan
from simulation.rest import Rest, told_of
from simulation.scheduler import Ended
from simulation.settings import PREFIX, WEBHOOK_URL, WORKSPACE
from simulation.trace import Passed, Trace
from simulators.phonepe.settings import Settings as SimSettings

_STEPS_MAX = 60_000
_SHORT = 0.8  # Of all histories: those end before the six days in which late money is watched for.
_EXPECTED = (UseCaseError, GatewayError, StoreError, StillOpen, WebhookForged)
_DEFECTS = (TenantFence, Unreadable, NotFound, Cancelled, ConditionFailed)


@dataclass(frozen=True)
class Case:
    """All that decides a history. A script tells each fault; without one the seed draws them."""

    seed: int
    plan: Plan
    profile: Profile
    script: Script | None = None


@dataclass
class Outcome:
    seed: int
    violations: list[str]
    hash: str
    points: int
    kills: int
    steps: int
    days: float
    faults: Counter[str]
    happened: Script
    ends: tuple[str, ...]  # What there is at rest, in words.
    story: list[str] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)


def draw_case(seed: int) -> Case:
    rng = random.Random(f"{seed}/plan")
    is_short = rng.random() < _SHORT
    return Case(seed, draw_plan(rng, is_short), draw_profile(rng, is_short))


def run(case: Case, keeps_story: bool = False) -> Outcome:
    trace = Trace()
    chaos = Chaos(case.seed, case.profile, case.script)
    cloud = Cloud(chaos, trace, _habits(case.plan))
    books, actors = Books(cloud), Actors(cloud, case.plan, also=NUDGES)
    _connect(cloud, books, case.plan)
    actors.begin()
    ends: tuple[str, ...] = ()
    scheduler = cloud.scheduler
    try:
        scheduler.run(scheduler.start_ms + case.profile.until_ms, _STEPS_MAX)
        cloud.network.calm_at_ms = scheduler.now_ms
        told = told_of(cloud)
        lapsed_ms = MINUTE + 2 * case.profile.skew_ms  # Whatever a killed one held, by whichever clock.
        cloud.after(lapsed_ms, actors.people.reconcile)
        rest_ms = HOUR if case.profile.until_ms == WHOLE_MS else lapsed_ms + MINUTE
        scheduler.run(scheduler.now_ms + rest_ms, 2 * _STEPS_MAX)
        if not books.violations:
            rest = Rest(cloud, books, actors, told)
            rest.check()
            ends = rest.ends()
    finally:
        scheduler.close()
    tally = cloud.network.tally
    return Outcome(
        seed=case.seed,
        violations=books.violations,
        hash=trace.hash,
        points=tally.points,
        kills=tally.kills,
        steps=scheduler.steps,
        days=(scheduler.now_ms - scheduler.start_ms) / DAY,
        faults=tally.faults,
        happened=chaos.happened,
        ends=ends,
        story=trace.lines if keeps_story else [],
        passed=trace.passed if keeps_story else [],
    )


def _habits(plan: Plan) -> SimSettings:
    return SimSettings(
        webhook_url=WEBHOOK_URL,
        refund_step_seconds=plan.refund_step_s,
        second_pay_after_seconds=plan.second_pay_s,
        late_success_seconds=plan.late_success_s,
    )


def _connect(cloud: Cloud, books: Books, plan: Plan) -> None:
    cloud.dynamo.update_item(
        TableName=f"{PREFIX}workspaces",
        Key={"pk": {"S": f"T#{WORKSPACE}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET late_success = :policy",
        ExpressionAttributeValues={":policy": {"S": plan.late_success}},
    )
    cloud.dynamo.changes = books.on_commit
    cloud.before_acting = books.before_acting
    cloud.sweeps.due_times = lambda: list(books.due.values())
    cloud.post.acked = lambda webhook: books.require(
        books.cloud_knows(webhook.body), "INV-23", "a webhook was acknowledged and not kept"
    )

    def judge(named: str, how: Ended) -> None:
        is_expected = how.error is None or (isinstance(how.error, _EXPECTED) and not isinstance(how.error, _DEFECTS))
        books.require(is_expected, "INV-00", f"{named} raised {type(how.error).__name__}: {how.error}")

    cloud.judge = judge
