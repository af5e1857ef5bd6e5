"""Each alarm of the template is judged in histories or elsewhere, and is seen red and green."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from dev.histories import alarmed
from dev.histories.alarmed import Seen, template_alarms
from dev.histories.chaos import CALM
from dev.histories.conditions import CONDITIONS, ELSEWHERE
from dev.histories.history import Case, draw_case, run
from dev.histories.plan import DAY, HOUR, MINUTE, SECOND, Act, Plan, Way
from tests.template.metric_days import ILL

SEEDS = range(400, 420)
_SHORT = replace(CALM, until_ms=30 * HOUR)


def a_case(acts: list[Act], orders: int, life_s: int = 1_200, **more: object) -> Case:
    plan = Plan(
        late_success="grant",
        refund_step_s=2.0,
        second_pay_s=1.0,
        late_success_s=30.0,
        amounts=dict.fromkeys(map(str, range(orders)), 49_900),
        lives_s=dict.fromkeys(map(str, range(orders)), life_s),
        acts=tuple(sorted(acts, key=lambda act: act.at_ms)),
    )
    return Case(1, replace(plan, **more), _SHORT)  # type: ignore[arg-type]


def initiated(orders: range, at_ms: float = 0.0, every_ms: float = SECOND) -> Iterator[Act]:
    for place, order in enumerate(orders):
        yield Act(at_ms + place * every_ms, "initiate", str(order), {"key": "k1", "tries": 2})


def outage(from_ms: float, until_ms: float, op: str = "*") -> list[Act]:
    fault = {"fault": "error_before", "op": op, "times": -1, "status": 503}
    return [Act(from_ms, "arm", more=fault), Act(until_ms, "disarm")]


def swept(every_ms: float, until_ms: float) -> Iterator[Act]:
    """Sweeps at fixed times, whatever the schedule misses."""
    for number in range(1, int(until_ms / every_ms)):
        yield Act(number * every_ms, "sweep now")


def no_payer_pays() -> Case:
    return a_case([*initiated(range(24))], 24, life_s=300)


def everybody_forges(every_ms: float = 20 * SECOND) -> Case:
    return a_case([Act(place * every_ms, "forge", "0") for place in range(6)], 1)


def no_token_is_to_be_had() -> Case:
    return a_case([*outage(0.0, 10 * MINUTE, "token"), *initiated(range(6), SECOND)], 6)


def webhooks_find_no_gateway_that_answers() -> Case:
    """Three times in a row a dozen orders are paid, and for some minutes the gateway does not answer."""
    acts: list[Act] = []
    for turn in range(3):
        mine, at_ms = range(12 * turn, 12 * turn + 12), turn * 5 * MINUTE
        acts += initiated(mine, at_ms)
        acts += [Act(at_ms + 30 * SECOND, "pay", str(order), {"page": 0}) for order in mine]
        acts += outage(at_ms + 29 * SECOND, at_ms + 200 * SECOND)
    return a_case([*acts, *swept(MINUTE, 20 * MINUTE)], 36)


def the_gateway_is_down_for_an_hour() -> Case:
    acts = [*initiated(range(40), 0.0, 100.0), *outage(20 * SECOND, HOUR), *swept(5 * MINUTE, HOUR)]
    return a_case(acts, 40, life_s=300)


def sweeps_are_late_and_slow() -> Case:
    """The schedule is off at first, then a sweep comes every five minutes, and each check takes long."""
    slow = {"fault": "slow", "op": "status", "times": -1}
    acts = [*initiated(range(40), 0.0, 100.0), Act(20 * SECOND, "arm", more=slow), Act(50 * MINUTE, "disarm")]
    acts += [Act(minutes * MINUTE, "sweep now") for minutes in (20, 25, 30, 35, 40)]
    return replace(a_case(acts, 40, life_s=300), profile=replace(_SHORT, first_sweep_ms=45 * MINUTE))


def nothing_comes_to_its_end_for_days() -> Case:
    """A dispute without an answer, a pending debit, a refund that takes three days."""
    acts = [*initiated(range(3))]
    acts += [Act(30 * SECOND, "pay", order, {"page": 0}) for order in ("0", "2")]
    acts += [Act(HOUR, "dispute", "0", {"phase": "chargeback", "share": 1})]
    acts += [Act(HOUR, "refund", "2", {"key": "f1", "minor": None, "tries": 2})]
    ways = {"1": Way(token="bank")}
    return replace(a_case(acts, 3, refund_step_s=3 * DAY / SECOND, gateways=("stripe",), ways=ways), profile=CALM)


def much_goes_wrong() -> Case:
    """A refund that comes back, a dashboard refund, late money, and a mistyped setting meanwhile."""
    acts = [*initiated(range(3))]
    acts += [Act(30 * SECOND + place, "pay", str(place), {"page": 0}) for place in range(2)]
    acts += [Act(5 * MINUTE, "refund", "0", {"key": "f1", "minor": None, "tries": 2})]
    acts += [Act(30 * MINUTE, "return_refund", more={"which": 0})]
    acts += [Act(HOUR, "refund_by_hand", "1", {"share": 2})]
    acts += [Act(40 * SECOND, "pay_late", "2", {"page": 0})]
    acts += [Act(6 * MINUTE, "mistype", more={"name": "late_success", "text": "keep"})]
    acts += [Act(3 * HOUR, "mend", more={"name": "late_success", "text": "grant"})]
    case = a_case(acts, 3, late_success_s=2_700.0)
    return replace(case, profile=replace(_SHORT, until_ms=60 * HOUR))


def no_webhook_arrives() -> Case:
    acts = [*initiated(range(4)), *(Act(30 * SECOND, "pay", str(place), {"page": 0}) for place in range(4))]
    acts += [Act(30 * MINUTE, "refund_by_hand", "0", {"share": 2}), Act(35 * MINUTE, "reconcile")]
    case = a_case(acts, 4, gateways=("stripe",))
    return replace(case, profile=replace(_SHORT, webhook_loss=1.0))


SCENES = (
    much_goes_wrong,
    no_webhook_arrives,
    nothing_comes_to_its_end_for_days,
    no_payer_pays,
    everybody_forges,
    no_token_is_to_be_had,
    webhooks_find_no_gateway_that_answers,
    the_gateway_is_down_for_an_hour,
    sweeps_are_late_and_slow,
)


@cache
def seen() -> Seen:
    outcomes = [run(case) for case in (*map(draw_case, SEEDS), *(scene() for scene in SCENES))]
    assert [outcome.violations for outcome in outcomes if outcome.violations] == []
    return frozenset().union(*(outcome.seen for outcome in outcomes))


def test_each_alarm_of_the_template_is_judged_in_histories_or_elsewhere() -> None:
    assert not CONDITIONS.keys() & ELSEWHERE.keys()
    assert CONDITIONS.keys() | ELSEWHERE.keys() == template_alarms().keys()


def test_what_histories_judge_is_over_metrics_of_our_own_and_the_rest_has_its_illness() -> None:
    alarms = template_alarms()
    parts = {name: [alarms[part] for part in alarms[name].rule] or [alarms[name]] for name in alarms}
    spaces = {name: {query.metric[0] for each in parts[name] for query in each.queries.values()} for name in parts}
    assert {name for name, space in spaces.items() if space == {"Pavati"}} - {"ApiThrottledAlarm"} == set(CONDITIONS)
    assert set(ELSEWHERE) <= set(ILL)


@pytest.mark.parametrize("colour", ["red", "green"])
def test_each_alarm_is_seen_in_histories(colour: str) -> None:
    assert {name for name in CONDITIONS if (name, colour) not in seen()} == set()


@pytest.mark.parametrize(
    ("every_ms", "threshold", "is_right"),
    [(20 * SECOND, 5.0, True), (20 * SECOND, 50.0, False), (4 * MINUTE, 5.0, True), (4 * MINUTE, 1.0, False)],
)
def test_an_alarm_with_another_threshold_breaks_an_invariant(
    monkeypatch: pytest.MonkeyPatch, every_ms: float, threshold: float, is_right: bool
) -> None:
    """With a threshold too high an alarm is green when it must be red, with one too low red when it must be green."""
    name = "WebhookRejectedAlarm"
    others = template_alarms() | {name: replace(template_alarms()[name], threshold=threshold)}
    monkeypatch.setattr(alarmed, "template_alarms", lambda: others)
    violations = run(everybody_forges(every_ms)).violations
    assert [response.split(" is ")[0] for response in violations[:1]] == ([] if is_right else [f"INV-85: {name}"])
