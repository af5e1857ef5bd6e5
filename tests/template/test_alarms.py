"""Each alarm's expression, threshold and periods, over metrics of a healthy system and of a sick one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from functools import cache

import pytest

from dev.tools.alarms import Alarm, Metric, Samples, calculated, ours, read_alarms, red_at
from dev.tools.expand import read_template
from payments.domain.values.money import Money
from payments.domain.values.terms import CaptureMode, Terms
from payments.usecases.reconciliation.reports import hourly_report
from tests.template.metric_days import END_S, HOURS, ILL, all_of, aws, healthy, sick, silent
from tests.usecases.payment.test_late_and_wrong import expired_then_paid, policy
from tests.world import World, make_world

ALARMS = read_alarms(read_template())
_CALM_FROM_S = 2 * 3600  # How long the gauges of one sweep or report stay visible.


@cache
def _healthy() -> Samples:
    return healthy()


def a_day() -> Samples:
    return deepcopy(_healthy())


def red(samples: Samples, alarms: dict[str, Alarm] = ALARMS, at_s: float = END_S) -> set[str]:
    return red_at(alarms, samples, at_s)


def test_no_alarm_is_red_in_a_healthy_system() -> None:
    samples = a_day()
    seen = {at_s: red(samples, at_s=at_s) for at_s in range(_CALM_FROM_S, END_S + 1, 300)}
    assert {at_s: names for at_s, names in seen.items() if names} == {}


def test_every_alarm_has_an_illness_that_it_is_for() -> None:
    assert set(ILL) == set(ALARMS)


@pytest.mark.parametrize("name", ILL)
def test_an_alarm_is_red_under_its_illness(name: str) -> None:
    samples = a_day()
    ILL[name](samples)
    assert name in red(samples)


def test_a_composite_alarm_needs_all_of_its_parts() -> None:
    composites = {name: alarm for name, alarm in ALARMS.items() if alarm.rule}
    assert len(composites) == 8
    for name, alarm in composites.items():
        for part in alarm.rule:
            others = {other: replace(ALARMS[other], threshold=-1.0) for other in alarm.rule if other != part}
            assert name not in red(a_day(), {name: alarm, part: ALARMS[part], **others})


def test_an_outage_that_is_over_burns_nothing_any_more() -> None:
    samples = a_day()
    for minute in range(10, 50):
        samples.add(aws("ApiGateway", "5xx", "HttpApi"), END_S - minute * 60, 10)
    assert {name for name in red(samples) if "UptimeSlo" in name} == {
        "UptimeSloFast1hAlarm", "UptimeSloSlow6hAlarm", "UptimeSloSlow30mAlarm", "UptimeSloSlowBurnAlarm",
    }  # fmt: skip
    assert {name for name in red(samples, at_s=END_S - 11 * 60) if name.endswith("BurnAlarm")} >= {
        "UptimeSloFastBurnAlarm", "UptimeSloSlowBurnAlarm",
    }  # fmt: skip


_ENDS = ("PaymentCompleted", "PaymentFailed", "PaymentExpired")


def ended(**numbers: int) -> Samples:
    samples = Samples()
    for name, number in numbers.items():
        samples.add(ours(name), END_S - 60, number)
    return samples


@pytest.mark.parametrize(
    ("ends", "is_red"),
    [
        ({"PaymentFailed": 19}, False),  # Below the minimum volume it is quiet.
        ({"PaymentFailed": 20}, True),
        ({"PaymentCompleted": 19, "PaymentExpired": 1}, False),  # 95 % is not below 95 %.
        ({"PaymentCompleted": 18, "PaymentExpired": 2}, True),  # Expired checkouts count,
        ({"PaymentCompleted": 10, "PaymentExpired": 9}, False),  # in the volume as well.
        ({"PaymentCompleted": 10, "PaymentExpired": 10}, True),
        ({"PaymentExpired": 40}, True),
        ({}, False),
    ],
)
def test_the_success_rate_counts_expired_checkouts_from_twenty_ends_on(ends: dict[str, int], is_red: bool) -> None:
    assert ("PaymentSuccessRateAlarm" in red(ended(**ends))) is is_red


_ANSWERED, _FAILED = aws("ApiGateway", "Count", "HttpApi"), aws("ApiGateway", "5xx", "HttpApi")
_CALLED, _BROKEN = aws("Lambda", "Invocations", "RefundFunction"), aws("Lambda", "Errors", "RefundFunction")
_CAPTURES, _LOST = aws("Lambda", "Invocations", "CaptureFunction"), aws("Lambda", "Errors", "CaptureFunction")
_TOOK = aws("ApiGateway", "Latency", "HttpApi")
_PAID, _HEARD = ours("PaymentCompleted"), ours("WebhookReceived")
_APPLIED = ours("WebhookReceiptToAppliedMs")


@pytest.mark.parametrize(
    ("name", "counts", "is_red"),
    [
        ("ApiErrorRateAlarm", {_ANSWERED: [19], _FAILED: [19]}, False),  # Below the minimum volume it is quiet.
        ("ApiErrorRateAlarm", {_ANSWERED: [20], _FAILED: [2]}, True),
        ("ApiErrorRateAlarm", {_ANSWERED: [20], _FAILED: [1]}, False),  # 5 % is not more than 5 %.
        ("FunctionErrorRateAlarm", {_CALLED: [20], _BROKEN: [1]}, False),
        ("FunctionErrorRateAlarm", {_CALLED: [19], _BROKEN: [1]}, True),
        ("CaptureErrorRateAlarm", {_CAPTURES: [20], _LOST: [1]}, False),
        ("CaptureErrorRateAlarm", {_CAPTURES: [19], _LOST: [1]}, True),
        ("CaptureErrorRateAlarm", {_CAPTURES: [1]}, False),
        ("WebhookSilenceAlarm", {_PAID: [2]}, False),
        ("WebhookSilenceAlarm", {_PAID: [3]}, True),
        ("WebhookSilenceAlarm", {_PAID: [3], _HEARD: [1]}, False),
        ("ResponseSloFast5mAlarm", {_ANSWERED: [49], _TOOK: [3_000]}, False),
        ("ResponseSloFast5mAlarm", {_ANSWERED: [50], _TOOK: [3_000]}, True),
        ("ResponseSloFast5mAlarm", {_ANSWERED: [50], _TOOK: [2_999]}, False),
        ("UptimeSloFast5mAlarm", {_ANSWERED: [5], _FAILED: [4]}, False),
        ("UptimeSloFast5mAlarm", {_ANSWERED: [5], _FAILED: [5]}, True),
        ("UptimeSloSlow30mAlarm", {_ANSWERED: [1_000], _FAILED: [5]}, False),  # Five times the budget, and seven.
        ("UptimeSloSlow30mAlarm", {_ANSWERED: [1_000], _FAILED: [7]}, True),
    ],
)
def test_an_alarm_on_a_share_is_red_from_its_own_volume_and_share_on(
    name: str, counts: dict[Metric, list[float]], is_red: bool
) -> None:
    samples = Samples()
    for metric, values in counts.items():
        for value in values:
            samples.add(metric, END_S - 60, value)
    assert (name in red(samples)) is is_red


@pytest.mark.parametrize(("number", "is_red"), [(9, False), (10, True)])
def test_webhooks_are_slow_from_ten_of_them_in_each_of_three_periods_on(number: int, is_red: bool) -> None:
    samples = Samples()
    for period in range(3):
        for _ in range(number):
            samples.add(_APPLIED, END_S - 60 - period * 300, 10_001)
    assert ("WebhookSlowAlarm" in red(samples)) is is_red
    silent(_APPLIED)(samples)
    for period in range(3):
        for _ in range(10):
            samples.add(_APPLIED, END_S - 60 - period * 300, 10_000)
    assert "WebhookSlowAlarm" not in red(samples)


ALWAYS_RUN = {"SweepSilenceAlarm", "ReportsBehindAlarm", "DisputeListsBehindAlarm"}


def test_one_failure_in_a_quiet_hour_burns_no_budget() -> None:
    samples = ended(PaymentFailed=1, WebhookDead=1)
    samples.add(aws("ApiGateway", "Count", "HttpApi"), END_S - 60, 10)
    samples.add(aws("ApiGateway", "5xx", "HttpApi"), END_S - 60, 1)
    samples.add(aws("ApiGateway", "Latency", "HttpApi"), END_S - 60, 9_000)
    assert red(samples) == ALWAYS_RUN  # Which always run.


def test_a_system_without_traffic_misses_only_what_always_runs() -> None:
    assert red(Samples()) == ALWAYS_RUN


def test_few_throttles_are_nobodys_alarm() -> None:
    samples = a_day()
    for metric in (
        aws("Lambda", "Throttles", "WebhookFunction"),
        aws("Lambda", "Throttles", "ApplyFunction"),
        aws("DynamoDB", "WriteThrottleEvents", "PaymentTransactionsTable"),
        ours("ApiThrottled"),
    ):
        sick(metric, minutes=4)(samples)
    assert red(samples) == set()


def test_throttles_of_several_functions_and_tables_add_up() -> None:
    samples = a_day()
    for name in ("Initiate", "Status", "Refund", "Disputes", "Health"):
        sick(aws("Lambda", "Throttles", f"{name}Function"), minutes=1)(samples)
    for name in ("PaymentTransactions", "PaymentEventsLog"):
        sick(aws("DynamoDB", "ReadThrottleEvents", f"{name}Table"), minutes=5)(samples)
    assert red(samples) == {"FunctionThrottledAlarm", "StoreReadThrottledAlarm"}


def test_webhooks_are_slow_where_one_of_three_is() -> None:
    samples = a_day()
    sick(ours("WebhookReceiptToAppliedMs"), 12_000, minutes=15)(samples)
    assert "WebhookSlowAlarm" in red(samples)


_SUMS = {
    name: alarm
    for name, alarm in ALARMS.items()
    if len(alarm.queries) > 1 and re.fullmatch(r"FILL\(\w+, 0\)(\s*\+\s*FILL\(\w+, 0\))+", alarm.expression.strip())
}


def test_the_alarms_that_add_up_are_these() -> None:
    assert set(_SUMS) == {
        "FunctionThrottledAlarm", "JobThrottledAlarm", "StoreReadThrottledAlarm", "StoreWriteThrottledAlarm",
        "StoreIndexReadThrottledAlarm", "StoreIndexWriteThrottledAlarm", "PollExecutionsFailedAlarm",
        "SweepErrorsAlarm", "NewVersionErrorsAlarm", "NewJobVersionErrorsAlarm",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "of"), [(name, of) for name, alarm in _SUMS.items() for of in alarm.queries])
def test_each_metric_of_a_sum_reaches_the_threshold_by_itself_and_not_before(name: str, of: str) -> None:
    alarm = _SUMS[name]
    least = int(alarm.threshold) + (alarm.operator == "GreaterThanThreshold")
    samples = a_day()
    ends = [END_S - period * alarm.period_s for period in range(alarm.periods)]
    for end_s in ends:
        samples.add(alarm.queries[of].metric, end_s - 120, least - 1)
    assert name not in red(samples)
    for end_s in ends:
        samples.add(alarm.queries[of].metric, end_s - 30, 1)
    assert name in red(samples)


def test_silence_of_webhooks_differs_from_a_quiet_night() -> None:
    samples = a_day()
    all_of(silent(ours("WebhookReceived"), ours("PaymentCompleted")))(samples)
    assert "WebhookSilenceAlarm" not in red(samples)


@pytest.mark.parametrize(
    ("expression", "numbers", "value"),
    [
        ("a + FILL(b, 0)", {"a": 1.0, "b": None}, 1),
        ("a + b", {"a": 1.0, "b": None}, None),
        ("a / b", {"a": 1.0, "b": 0.0}, None),
        ("IF(a >= 2 AND b < 1, 7, 9)", {"a": 2.0, "b": 0.0}, 7),
        ("IF(a > 2 OR b < 0, 7, 9)", {"a": 2.0, "b": 0.0}, 9),
        ("IF(a, 1, 0)", {"a": None}, None),
        ("100 * (a - b) / a", {"a": 4.0, "b": 1.0}, 75),
    ],
)
def test_expressions_are_calculated_as_cloudwatch_does(
    expression: str, numbers: dict[str, float | None], value: float | None
) -> None:
    assert calculated(expression, numbers) == value


def test_an_expression_that_is_not_understood_is_refused() -> None:
    with pytest.raises(ValueError, match="not understood"):
        calculated("ANOMALY_DETECTION_BAND(a, 2)", {"a": 1.0})


class Recorded:
    """A day of a healthy shop, plus the metrics that a world counts."""

    def __init__(self, world: World) -> None:
        self.samples, self._world, self._began = a_day(), world, world.clock.now()
        for metric in (ours("OpenCases"), ours("CasesOver24Hours")):
            silent(metric)(self.samples)
        world.ports = replace(world.ports, count=self._count)

    @property
    def now_s(self) -> float:
        return _CALM_FROM_S + (self._world.clock.now() - self._began).total_seconds()

    def _count(self, name: str, number: int) -> None:
        self._world.metrics.update({name: number})
        self.samples.add(ours(name), self.now_s, number)


@contextmanager
def hours_with_people_in_them(world: World) -> Iterator[Iterator[set[str]]]:
    """The red alarms at the end of each five minutes; each has a sweep and a run of the reports."""
    recorded = Recorded(world)

    def run() -> Iterator[set[str]]:
        while recorded.now_s < HOURS * 3600 - 600:
            world.advance(300)
            world.sweep()
            hourly_report(world.ports)
            yield red(recorded.samples, at_s=recorded.now_s)

    yield run()


def test_no_alarm_is_red_for_an_authorization_that_waits_for_its_capture() -> None:
    world = make_world(1, True, ("stripe",))
    world.workspace(country="US", gateways=["stripe"])
    terms = Terms(capture=CaptureMode.MANUAL)
    answer = world.initiate(world.order(amount=Money(49900, "USD"), gateway="stripe", terms=terms))
    world.payer("pay", answer["attempt_id"], at="stripe")
    world.advance(5)
    assert world.payment(answer["payment_id"]).current.awaits_capture
    with hours_with_people_in_them(world) as hours:
        assert set().union(*hours) == set()
    assert world.payment(answer["payment_id"]).current.awaits_capture


def test_a_review_is_reported_once_and_then_no_alarm_is_red_while_it_waits(silent_world: World) -> None:
    world = silent_world
    world.fault("wrong_amount", "pay")
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    with hours_with_people_in_them(world) as hours:
        first = next(hours)
        assert first == {"CaseOpenedAlarm", "AmountMismatchAlarm"}
        assert world.payment(answer["payment_id"]).review
        assert set().union(*hours) == set()
    assert world.payment(answer["payment_id"]).review
    assert world.metrics["OpenCases"] >= 1


def test_late_money_under_review_is_reported_once_and_then_waits_without_an_alarm(silent_world: World) -> None:
    world = silent_world
    policy(world, "review")
    payment_id = expired_then_paid(world)
    assert world.payment(payment_id).review
    assert world.metrics["CaseOpened"] == 1
    with hours_with_people_in_them(world) as hours:
        assert set().union(*hours) == set()


def test_a_case_that_no_one_decides_for_a_day_is_an_alarm(silent_world: World) -> None:
    world = silent_world
    world.fault("wrong_amount", "pay")
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.advance(61)
    world.sweep()
    world.advance(24 * 3600)
    recorded = Recorded(world)
    world.clock.sleep(3600)
    hourly_report(world.ports)
    world.clock.sleep(60)
    assert "CasesOver24HoursAlarm" in red(recorded.samples, at_s=recorded.now_s)
