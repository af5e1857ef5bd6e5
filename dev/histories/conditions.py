"""When each alarm must be red and when it may be, by docs/metrics.md and docs/slo.md.

Counts are known only within a margin, so each rule gives both. This module reads neither the template nor the
production code.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dev.histories.counted import HEARD_WITHIN_MS, TIMED, Entry
from dev.histories.gauged import Reading
from payments.usecases.metrics import Metric

MINUTE, HOUR, DAY = 60, 3_600, 86_400  # Seconds.
UNPAID = (Metric.PAYMENT_FAILED, Metric.PAYMENT_EXPIRED)


class Colour(NamedTuple):
    must_be_red: bool
    may_be_red: bool


class Range(NamedTuple):
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Facts:
    """What was written and counted until a time. `is_exact`: everything was certainly counted."""

    entries: Mapping[str, Sequence[Entry]]
    readings: Mapping[str, Sequence[Reading]]
    at_ms: float
    is_exact: bool

    def count(self, metric: str, seconds: float) -> Range:
        """The least and the most number of times it was counted in the last `seconds`.

        Counting may come up to a minute late, so at the edges of the window the two differ.
        """
        since_ms, entries = self.at_ms - seconds * 1000, self.entries.get(metric, ())
        heard_ms = self.at_ms - HEARD_WITHIN_MS
        least = sum(one.least for one in entries if since_ms < one.at_ms <= heard_ms) if self.is_exact else 0
        most = sum(one.most for one in entries if since_ms - HEARD_WITHIN_MS < one.at_ms <= self.at_ms)
        return Range(least, most)

    def seen(self, metric: str, after_s: float, until_s: float = 0.0) -> Sequence[Reading]:
        """Readings that began at most `after_s` and ended at least `until_s` seconds ago."""
        readings = self.readings.get(metric, ())
        first, end = (bisect_right(readings, self.at_ms - ago * 1000, key=_at) for ago in (after_s, until_s))
        return readings[first:end]


def _at(reading: Reading) -> float:
    return reading.at_ms


Rule = Callable[[Facts], Colour]


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule for one alarm. `causes`: the least number of causes without which it never holds."""

    rule: Rule
    causes: Sequence[str]
    fewest: int = 1


def _counted(metric: str, least: int = 1, seconds: int = 5 * MINUTE) -> Condition:
    """At least `least` within `seconds`."""

    def rule(facts: Facts) -> Colour:
        count = facts.count(metric, seconds)
        return Colour(count.least >= least, count.most >= least)

    return Condition(rule, (metric,), least)


def _seen(metric: str) -> Condition:
    """At least once in two hours."""

    def rule(facts: Facts) -> Colour:
        readings = facts.seen(metric, 2 * HOUR)
        return Colour(any(one.least > 0 for one in readings), any(one.most > 0 for one in readings))

    return Condition(rule, (metric,))


def _running(metric: str, limit: float, seconds: int, periods: int, *, every: bool, silent: bool) -> Condition:
    """In `periods` periods in a row: every value was above the limit, or (may be) one was. `silent`: or there was no
    value.
    """
    of = all if every else any

    def rule(facts: Facts) -> Colour:
        must = may = True
        for period in range(periods):
            readings = facts.seen(metric, (period + 1) * seconds, period * seconds)
            must &= of(one.least > limit for one in readings) if readings else silent
            may &= of(one.most > limit for one in readings) if readings else silent
        return Colour(must, may)

    return Condition(rule, (metric,))


def _no_sweep(facts: Facts) -> Colour:
    """No sweep finished within five minutes."""
    readings = facts.seen(Metric.SWEEP_COMPLETED, 5 * MINUTE)
    return Colour(not any(one.most > 0 for one in readings), not any(one.least > 0 for one in readings))


def _no_webhook(facts: Facts) -> Colour:
    completed, received = facts.count(Metric.PAYMENT_COMPLETED, HOUR), facts.count(Metric.WEBHOOK_RECEIVED, HOUR)
    return Colour(completed.least >= 3 and received.most < 1, completed.most >= 3 and received.least < 1)


def _slow_webhooks(facts: Facts) -> Colour:
    """In three periods in a row: of ten webhooks or more, one in ten took more than ten seconds."""
    must = may = True
    for period in range(3):
        then = Facts(facts.entries, {}, facts.at_ms - period * 5 * MINUTE * 1000, facts.is_exact)
        applied, slow = then.count(TIMED, 5 * MINUTE), then.count("slow", 5 * MINUTE)
        must &= applied.least >= 10 and 10 * slow.least > applied.most
        may &= applied.most >= 10 and 10 * slow.most > applied.least
    return Colour(must, may)


def _few_paid(facts: Facts) -> Colour:
    """Of twenty payments or more fewer than 95 % are paid."""
    paid, unpaid = facts.count(Metric.PAYMENT_COMPLETED, HOUR), _sum(facts, UNPAID, HOUR)
    enough = max(paid.least, 20 - unpaid.most)  # With so many paid ones there are twenty.
    must = paid.least + unpaid.least >= 20 and 100 * paid.most < 95 * (paid.most + unpaid.least)
    return Colour(must, enough <= paid.most and 100 * enough < 95 * (enough + unpaid.most))


def _burning(bad: Sequence[str], all_of: Sequence[str], seconds: int, permille: int) -> Condition:
    """At least five bad ones, and at least `permille` thousandths of all. `all_of` may include the bad ones."""

    def rule(facts: Facts) -> Colour:
        worse, every = _sum(facts, bad, seconds), _sum(facts, all_of, seconds)
        must = worse.least >= 5 and 1000 * worse.least >= permille * every.most
        return Colour(must, worse.most >= 5 and 1000 * worse.most >= permille * every.least)

    return Condition(rule, bad, 5)


def _sum(facts: Facts, metrics: Sequence[str], seconds: int) -> Range:
    ranges = [facts.count(metric, seconds) for metric in metrics]
    return Range(sum(one.least for one in ranges), sum(one.most for one in ranges))


def _both(one: Condition, other: Condition) -> Condition:
    def rule(facts: Facts) -> Colour:
        first, second = one.rule(facts), other.rule(facts)
        return Colour(first.must_be_red and second.must_be_red, first.may_be_red and second.may_be_red)

    return Condition(rule, one.causes, one.fewest)


def _service_level(bad: Sequence[str], all_of: Sequence[str], budget_permille: int) -> dict[str, Condition]:
    """By window: 14.4 and 6 times as fast as the error budget allows."""
    fast, slow = 144 * budget_permille // 10, 6 * budget_permille
    windows = {
        "Fast1h": (HOUR, fast),
        "Fast5m": (5 * MINUTE, fast),
        "Slow6h": (6 * HOUR, slow),
        "Slow30m": (30 * MINUTE, slow),
    }
    judged = {name: _burning(bad, all_of, *window) for name, window in windows.items()}
    judged["FastBurn"] = _both(judged["Fast1h"], judged["Fast5m"])
    judged["SlowBurn"] = _both(judged["Slow6h"], judged["Slow30m"])
    return judged


TARDY = (Metric.WEBHOOK_APPLIED_LATE, Metric.WEBHOOK_DEAD)
_LEVELS = {
    "SuccessSlo": (UNPAID, (Metric.PAYMENT_COMPLETED, *UNPAID), 50),
    "WebhookSlo": (TARDY, (TIMED, Metric.WEBHOOK_DEAD), 10),
}

CONDITIONS: dict[str, Condition] = {
    "PaymentSuccessRateAlarm": Condition(_few_paid, (Metric.PAYMENT_COMPLETED, *UNPAID), 20),
    "WebhookRejectedAlarm": _counted(Metric.WEBHOOK_REJECTED, 5),
    "WebhookSilenceAlarm": Condition(_no_webhook, (Metric.PAYMENT_COMPLETED,), 3),
    "WebhookSlowAlarm": Condition(_slow_webhooks, ("slow",), 3),
    "PendingOver30MinAlarm": _seen(Metric.PENDING_OVER_30_MIN),
    "InProgressOver5DaysAlarm": _seen(Metric.IN_PROGRESS_OVER_5_DAYS),
    "RefundOver24HoursAlarm": _seen(Metric.REFUND_OVER_24_HOURS),
    "CaseOpenedAlarm": _counted(Metric.CASE_OPENED),
    "CasesOver24HoursAlarm": _seen(Metric.CASES_OVER_24_HOURS),
    "ReportIssuesAlarm": _counted(Metric.REPORT_ISSUES, seconds=HOUR),
    "AmountMismatchAlarm": _counted(Metric.AMOUNT_MISMATCH),
    "LateSuccessAlarm": _counted(Metric.LATE_SUCCESS),
    "WorkspaceInvalidAlarm": _counted(Metric.WORKSPACE_INVALID),
    "MoneyReversedAlarm": _counted(Metric.MONEY_REVERSED),
    "RefundReturnedAlarm": _counted(Metric.REFUND_RETURNED),
    "DisputeOpenedAlarm": _counted(Metric.DISPUTE_OPENED),
    "DisputeDueSoonAlarm": _seen(Metric.DISPUTE_DUE_SOON),
    "DisputeLostAlarm": _counted(Metric.DISPUTE_LOST),
    "GatewayTokenAlarm": _counted(Metric.GATEWAY_TOKEN_FAILED, 3),
    "SweepSilenceAlarm": Condition(_no_sweep, (Metric.SWEEP_COMPLETED,)),
    "SweepBehindAlarm": _running(Metric.OLDEST_DUE_SECONDS, 900, 5 * MINUTE, 3, every=False, silent=False),
    "ReportsBehindAlarm": _running(Metric.REPORTS_UNFINISHED, 0, HOUR, 2, every=True, silent=True),
    "DisputeListsBehindAlarm": _running(Metric.DISPUTE_LISTS_UNFINISHED, 0, DAY, 2, every=True, silent=True),
    "GatewayNotAnsweringAlarm": _running(Metric.GATEWAYS_NOT_ANSWERING, 0, 5 * MINUTE, 2, every=True, silent=False),
    **{
        f"{level}{window}Alarm": condition
        for level, (bad, all_of, budget) in _LEVELS.items()
        for window, condition in _service_level(bad, all_of, budget).items()
    },
}
# Alarms on AWS's own metrics or on the API's log, which histories do not have: tests/template/test_alarms.py judges
# them.
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("FunctionErrorRateAlarm", "CaptureErrorRateAlarm", "SweepErrorsAlarm"), "Lambda counts"),
    **dict.fromkeys(("NewVersionErrorsAlarm", "NewJobVersionErrorsAlarm"), "Lambda counts"),
    **dict.fromkeys(("FunctionThrottledAlarm", "JobThrottledAlarm", "ApplyThrottledAlarm"), "Lambda counts"),
    **dict.fromkeys(("StoreReadThrottledAlarm", "StoreWriteThrottledAlarm"), "DynamoDB counts"),
    **dict.fromkeys(("StoreIndexReadThrottledAlarm", "StoreIndexWriteThrottledAlarm"), "DynamoDB counts"),
    **dict.fromkeys(("ApiErrorRateAlarm", "ApiThrottledAlarm"), "the API counts"),
    "DeadLettersAlarm": "SQS counts",
    "PollExecutionsFailedAlarm": "Step Functions counts",
    **{
        f"{level}{window}Alarm": "the API counts"
        for level in ("ResponseSlo", "UptimeSlo")
        for window in ("Fast1h", "Fast5m", "FastBurn", "Slow6h", "Slow30m", "SlowBurn")
    },
}
