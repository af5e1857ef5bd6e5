"""The threshold of each alarm, and the actions when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dev.tools.expand import Template
from tests.template.operations import PARTS, alarms, composites
from tests.template.rulebook import drop, put, rule

# Each alarm's operator and threshold, M of N periods, their seconds, and the statistics.
_OVER, _FROM, _UNDER = "GreaterThan", "GreaterThanOrEqualTo", "LessThan"
_Judged = tuple[str, object, int, int, int, set[str]]
_ANY_IN_5_MINUTES: _Judged = (_OVER, 0, 1, 1, 300, {"Sum"})
_SEEN_ONCE_IN_2_HOURS: _Judged = (_OVER, 0, 24, 1, 300, {"Maximum"})
JUDGED: dict[str, _Judged] = {
    "FunctionErrorRate": (_OVER, 5, 1, 1, 300, {"Sum"}),
    "CaptureErrorRate": (_OVER, 5, 1, 1, 300, {"Sum"}),
    "ApiErrorRate": (_OVER, 5, 1, 1, 300, {"Sum"}),
    "PaymentSuccessRate": (_UNDER, {"Ref": "SuccessRateLeast"}, 1, 1, 3600, {"Sum"}),
    "WebhookRejected": (_FROM, 5, 1, 1, 300, {"Sum"}),
    "WebhookSilence": (_OVER, 0, 1, 1, 3600, {"Sum"}),
    "WebhookSlow": (_OVER, 10_000, 3, 3, 300, {"p90", "SampleCount"}),
    "ReportIssues": (_OVER, 0, 1, 1, 3600, {"Sum"}),
    "FunctionThrottled": (_FROM, 5, 1, 1, 300, {"Sum"}),
    "JobThrottled": (_FROM, 5, 1, 1, 300, {"Sum"}),
    "NewVersionErrors": (_OVER, 0, 1, 1, 60, {"Sum"}),
    "NewJobVersionErrors": (_OVER, 0, 1, 1, 60, {"Sum"}),
    "ApplyThrottled": (_FROM, 5, 1, 1, 300, {"Sum"}),
    "StoreReadThrottled": (_FROM, 10, 1, 1, 300, {"Sum"}),
    "StoreWriteThrottled": (_FROM, 10, 1, 1, 300, {"Sum"}),
    "StoreIndexReadThrottled": (_FROM, 10, 1, 1, 300, {"Sum"}),
    "StoreIndexWriteThrottled": (_FROM, 10, 1, 1, 300, {"Sum"}),
    "ApiThrottled": (_FROM, 20, 1, 1, 300, {"Sum"}),
    "GatewayToken": (_FROM, 3, 1, 1, 300, {"Sum"}),
    "DeadLetters": (_OVER, 0, 1, 1, 300, {"Maximum"}),
    "SweepSilence": (_UNDER, 1, 1, 1, 300, {"Sum"}),
    "SweepErrors": (_OVER, 0, 2, 2, 300, {"Sum"}),
    "SweepBehind": (_OVER, 900, 3, 3, 300, {"Maximum"}),
    "ReportsBehind": (_OVER, 0, 2, 2, 3600, {"Minimum"}),
    "DisputeListsBehind": (_OVER, 0, 2, 2, 86_400, {"Minimum"}),
    "GatewayNotAnswering": (_OVER, 0, 2, 2, 300, {"Minimum"}),
    **dict.fromkeys(
        ("PendingOver30Min", "InProgressOver5Days", "RefundOver24Hours", "CasesOver24Hours", "DisputeDueSoon"),
        _SEEN_ONCE_IN_2_HOURS,
    ),
    **dict.fromkeys(
        (
            "CaseOpened",
            "AmountMismatch",
            "LateSuccess",
            "WorkspaceInvalid",
            "MoneyReversed",
            "RefundReturned",
            "DisputeOpened",
            "DisputeLost",
            "PollExecutionsFailed",
        ),
        _ANY_IN_5_MINUTES,
    ),
}


@rule(
    put("SweepBehindAlarm", "Properties", "Threshold", value=60),
    put("GatewayTokenAlarm", "Properties", "ComparisonOperator", value="GreaterThanThreshold"),
    put("SweepErrorsAlarm", "Properties", "EvaluationPeriods", value=1),
    put("DisputeDueSoonAlarm", "Properties", "EvaluationPeriods", value=2),
    put("DisputeDueSoonAlarm", "Properties", "DatapointsToAlarm", value=2),
    put("ReportIssuesAlarm", "Properties", "Period", value=300),
    put("GatewayNotAnsweringAlarm", "Properties", "Statistic", value="Maximum"),
    put("WebhookSlowAlarm", "Properties", "Metrics", 1, "MetricStat", "Stat", value="p50"),
    put("UptimeSloFast1hAlarm", "Properties", "EvaluationPeriods", value=2),
)
def each_alarm_judges_by_its_own_numbers(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        if name not in PARTS and _judged(alarm) != JUDGED[name]:
            yield f"{name} judges by {_judged(alarm)}"
        if name in PARTS and (alarm["EvaluationPeriods"], alarm["ComparisonOperator"]) != (1, f"{_FROM}Threshold"):
            yield f"{name} burns at another rate, or for longer than its window"


def _judged(alarm: dict[str, Any]) -> _Judged:
    stats = [query["MetricStat"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
    wanted = {(stat["Period"], stat["Stat"]) for stat in stats} or {(alarm["Period"], alarm["Statistic"])}
    operator, periods = alarm["ComparisonOperator"].removesuffix("Threshold"), alarm["EvaluationPeriods"]
    ((period_s,), of) = ({period for period, _ in wanted}, {stat for _, stat in wanted})
    return operator, alarm["Threshold"], periods, alarm.get("DatapointsToAlarm", periods), period_s, of


@rule(
    drop("CaseOpenedAlarm", "Properties", "OKActions"),
    put("UptimeSloFastBurnAlarm", "Properties", "OKActions", value=[]),
    put("UptimeSloFast5mAlarm", "Properties", "OKActions", value=[{"Ref": "AlarmTopic"}]),
)
def who_gets_an_alarm_gets_its_end(template: Template) -> Iterator[str]:
    for name, alarm in (alarms(template) | composites(template)).items():
        if alarm.get("OKActions", []) != alarm.get("AlarmActions", []):
            yield f"{name} ends untold"
