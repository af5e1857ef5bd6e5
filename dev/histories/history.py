"""One history: the plan and faults of a seed, run until everything has come to rest, and checked all the way."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field, replace

from dev.dynamodb_model import Change
from dev.histories.actors import Actors
from dev.histories.aftermath import with_aftermath
from dev.histories.alarmed import Alarms, Seen
from dev.histories.aws import INVALID
from dev.histories.books import Books
from dev.histories.chaos import WHOLE_MS, Chaos, Profile, Script, draw_profile
from dev.histories.cloud import Cloud, Invocation
from dev.histories.crowd import with_crowd
from dev.histories.lists import Lists
from dev.histories.moves import MOVES, accounts_of, set_list, with_moves
from dev.histories.nudges import NUDGES
from dev.histories.pages import small_pages
from dev.histories.plan import DAY, HOUR, MINUTE, Plan, draw_plan
from dev.histories.rest import Rest, named_in_cases
from dev.histories.scheduler import Ended, Scheduler
from dev.histories.settings import OTHER_WORKSPACE, PREFIX, WORKSPACE
from dev.histories.theirs import Habits
from dev.histories.trace import Passed, Trace
from dev.histories.typos import TYPOS, with_typo, with_wrong_form
from dev.histories.visits import with_visits
from payments.gateways.contract.errors import GatewayError, WebhookForged
from payments.store.contract.errors import NotFound, StoreError, StoreRejected, TenantFence, Unreadable
from payments.store.dynamodb.client import Cancelled, ConditionFailed
from payments.usecases.errors import UseCaseError
from payments.usecases.payment.poll import StillOpen

_STEPS_MAX = 60_000
_HOURS_MORE_MAX = 8
_SHORT = 0.8  # Of all histories: these end before the six days in which late money is watched for.
_EXPECTED = (UseCaseError, GatewayError, StoreError, StillOpen, WebhookForged)
_DEFECTS = (TenantFence, Unreadable, NotFound, Cancelled, ConditionFailed)


def _is_defect(error: Exception) -> bool:
    """True for a request that DynamoDB refuses for good: that is a bug of ours, unless the fault `invalid` caused
    it.
    """
    is_refused = isinstance(error, StoreRejected) and str(error) != INVALID
    return is_refused or isinstance(error, _DEFECTS)


@dataclass(frozen=True)
class Case:
    """Everything that decides a history. A script gives each fault; without one the seed draws them."""

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
    acted: Counter[str]  # Acts of people and gateways, and decisions.
    ends: tuple[str, ...]  # What there is at rest, as texts.
    seen: Seen  # Alarms that were red, and green.
    waiting: int  # Faults that were armed at a gateway and hit no call.
    story: list[str] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)


def draw_case(seed: int) -> Case:
    rng = random.Random(f"{seed}/plan")
    is_short = rng.random() < _SHORT
    plan = draw_plan(rng, random.Random(f"{seed}/gateways"), is_short)
    plan = with_aftermath(plan, random.Random(f"{seed}/aftermath"), is_short)
    plan = with_typo(plan, random.Random(f"{seed}/typo"))
    plan = with_crowd(plan, random.Random(f"{seed}/crowd"))
    plan = with_moves(plan, random.Random(f"{seed}/moves"))
    plan = with_wrong_form(plan, random.Random(f"{seed}/wrong form"))
    plan = with_visits(plan, random.Random(f"{seed}/visits"))
    profile = draw_profile(rng, is_short)
    if plan.is_routed and len(plan.gateways) > 1:
        profile = _leading_on(profile)
    return Case(seed, plan, profile)


def _leading_on(profile: Profile) -> Profile:
    """With a next gateway in the list: the first one often opens nothing, or its answer is lost."""
    http = tuple(dict.fromkeys((*profile.enabled["http"], "refused", "too_many", "reset_after")))
    rates = profile.rates | {"http": max(profile.rates["http"], 0.1)}
    return replace(profile, enabled=profile.enabled | {"http": http}, rates=rates)


def run(case: Case, keeps_story: bool = False) -> Outcome:
    with small_pages():
        return _run(case, keeps_story)


def _run(case: Case, keeps_story: bool) -> Outcome:
    trace = Trace()
    chaos = Chaos(case.seed, case.profile, case.script)
    accounts = accounts_of(case.plan)
    cloud = Cloud(chaos, trace, case.plan.gateways, _habits(case.plan), accounts)
    books, actors = Books(cloud), Actors(cloud, case.plan, also={**NUDGES, **TYPOS, **MOVES})
    _connect(cloud, books, case.plan)
    actors.begin()
    ends: tuple[str, ...] = ()
    seen: Seen = frozenset()
    waiting = 0
    scheduler = cloud.scheduler
    try:
        ends_ms = scheduler.start_ms + case.profile.until_ms
        scheduler.run(ends_ms, _STEPS_MAX)
        waiting = cloud.theirs.disarm()
        cloud.network.calm_at_ms = scheduler.now_ms
        hours_more = _HOURS_MORE_MAX if case.profile.rests_ms else 0
        _come_to_rest(scheduler, books, ends_ms + case.profile.rests_ms, hours_more)
        named = named_in_cases(cloud)
        lapsed_ms = MINUTE + 2 * case.profile.skew_ms  # The longest lease of a killed invocation, by any clock.
        if any(cloud.theirs.disputes()):
            cloud.after(lapsed_ms, actors.people.list_disputes)
        cloud.after(lapsed_ms, actors.people.reconcile)
        cloud.after(lapsed_ms, Lists(cloud, books.require).check)
        rest_ms = HOUR if case.profile.until_ms == WHOLE_MS else lapsed_ms + MINUTE
        _come_to_rest(scheduler, books, scheduler.now_ms + rest_ms, hours_more)
        if not books.violations:
            rest = Rest(cloud, books, actors, named)
            rest.check()
            ends, seen = rest.ends(), Alarms(cloud, books).check()
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
        acted=cloud.acted,
        ends=ends,
        seen=seen,
        waiting=waiting,
        story=trace.lines if keeps_story else [],
        passed=trace.passed if keeps_story else [],
    )


def _come_to_rest(scheduler: Scheduler, books: Books, until_ms: float, hours_more: int) -> None:
    """Run until `until_ms`, then hour by hour while anything is due within the next hour."""
    scheduler.run(until_ms, _STEPS_MAX)
    for hours in range(1, hours_more + 1):
        if min(books.due.values(), default=math.inf) > scheduler.now_ms + HOUR:
            return
        scheduler.run(until_ms + hours * HOUR, _STEPS_MAX)


def _habits(plan: Plan) -> Habits:
    return {
        "refund_step_s": plan.refund_step_s,
        "second_pay_s": plan.second_pay_s,
        "late_success_s": plan.late_success_s,
    }


def _connect(cloud: Cloud, books: Books, plan: Plan) -> None:
    _set_up(cloud, WORKSPACE, plan, late_success=plan.late_success)
    _set_up(cloud, OTHER_WORKSPACE, plan)

    def on_commit(changes: list[Change]) -> None:
        books.on_commit(changes)
        cloud.added.see(changes)

    cloud.dynamo.changes = on_commit
    books.vigil.late_success = plan.late_success
    cloud.on_request = books.requested
    cloud.something_happened = books.vigil.happened
    cloud.sweeps.due_times = lambda: list(books.due.values())
    cloud.reports.checkpoints = lambda: list(books.checkpoints.values())
    cloud.post.acked = lambda webhook: books.require(
        books.has_stored(webhook.body), "INV-23", "a webhook was acknowledged and not kept"
    )

    def judge(invocation: Invocation, how: Ended) -> None:
        is_expected = how.error is None or (isinstance(how.error, _EXPECTED) and not _is_defect(how.error))
        books.require(is_expected, "INV-00", f"{invocation.named} raised {type(how.error).__name__}: {how.error}")
        cloud.network.troubled_ms = cloud.scheduler.now_ms if how.was_killed else cloud.network.troubled_ms
        books.gauges.end(invocation, how)
        books.written.end(invocation.named, invocation.function, how, invocation.began_ms)

    cloud.judge, cloud.begun, cloud.metric = judge, books.gauges.begin, books.gauges.note_metric
    cloud.network.heard = books.gauges.heard
    cloud.network.read = lambda item: books.written.read(item, cloud.scheduler.now_ms)
    cloud.network.no_token = lambda: books.written.no_token(cloud.scheduler.now_ms)
    cloud.misshapen = lambda what: books.require(False, "INV-00", what)


def _set_up(cloud: Cloud, workspace: str, plan: Plan, **more: str) -> None:
    values = {name: {"S": text} for name, text in {"country": plan.country, **more}.items()}
    set_list(cloud, workspace, plan.gateways, plan.account)
    cloud.dynamo.update_item(
        TableName=f"{PREFIX}workspaces",
        Key={"pk": {"S": f"T#{workspace}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )
