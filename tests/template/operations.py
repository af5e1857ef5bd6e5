"""What tells people that something is wrong: alarms, their topic, the queue, the dashboard, the outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.template.rulebook import differences, drop, listed, of_type, put, rule, target
from tools.expand import Template

ALARMS = {
    "FunctionErrorRate",
    "ApiErrorRate",
    "PaymentSuccessRate",
    "WebhookRejected",
    "WebhookSilence",
    "PendingOver30Min",
    "InProgressOver5Days",
    "RefundOver24Hours",
    "OpenCases",
    "AmountMismatch",
    "LateSuccess",
    "WorkspaceInvalid",
    "MoneyTakenBack",
    "RefundReturned",
    "DisputeOpened",
    "DisputeDueSoon",
    "DisputeLost",
    "GatewayToken",
    "DeadLetters",
    "PollExecutionsFailed",
    "SweepSilence",
    "SweepErrors",
    "SweepBehind",
    "ReportsBehind",
    "GatewayNotAnswering",
}
METRICS = {
    "PaymentCreated",
    "PaymentCompleted",
    "PaymentFailed",
    "PaymentExpired",
    "RefundCompleted",
    "RefundFailed",
    "RefundReturned",
    "MoneyTakenBack",
    "WebhookReceived",
    "WebhookRejected",
    "PendingOver30Min",
    "InProgressOver5Days",
    "RefundOver24Hours",
    "OpenCases",
    "DisputeOpened",
    "DisputeDueSoon",
    "DisputeLost",
    "GatewayTokenFailed",
    "LateSuccess",
    "WorkspaceInvalid",
    "AmountMismatch",
    "SweepCompleted",
    "SweepRows",
    "OldestDueSeconds",
    "GatewaysNotAnswering",
    "PaymentsReconciled",
    "ReportsUnfinished",
}
THRESHOLDS = {"FunctionErrorRate": ("Greater", 5), "ApiErrorRate": ("Greater", 5), "PaymentSuccessRate": ("Less", 95)}
METRICS_MAX = 10  # Of one alarm, by CloudWatch.
_OURS = [{"Name": "service", "Value": {"Fn::Sub": "pavati-${Stage}"}}]


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = of_type(template, "AWS::CloudWatch::Alarm")
    return {name.removesuffix("Alarm"): alarm for name, alarm in found.items()}


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    if "Metrics" not in alarm:
        return [alarm]
    return [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]


@rule(drop("WebhookSilenceAlarm"))
def the_alarms_are_these(template: Template) -> Iterator[str]:
    yield from differences("alarms", set(alarms(template)), ALARMS)


@rule(
    put("OpenCasesAlarm", "Properties", "AlarmActions", value=[]),
    put("OpenCasesAlarm", "Properties", "ActionsEnabled", value=False),
)
def every_alarm_tells_somebody_and_says_what_to_do(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        if [target(action) for action in alarm["AlarmActions"]] != ["AlarmTopic"] or not alarm.get(
            "ActionsEnabled", True
        ):
            yield f"{name} tells nobody"
        if len(alarm["AlarmDescription"]) < 20:
            yield f"{name} says nothing"


@rule(
    drop("OpenCasesAlarm", "Properties", "TreatMissingData"),
    put("SweepSilenceAlarm", "Properties", "TreatMissingData", value="notBreaching"),
)
def silence_is_good_news_except_from_what_always_runs(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        wanted = "breaching" if name in ("SweepSilence", "ReportsBehind") else "notBreaching"
        if alarm.get("TreatMissingData") != wanted:
            yield f"{name} takes missing data otherwise"


@rule(
    put("ApiErrorRateAlarm", "Properties", "Threshold", value=50),
    put("PaymentSuccessRateAlarm", "Properties", "Threshold", value=5),
)
def the_promised_thresholds_hold(template: Template) -> Iterator[str]:
    for name, (direction, threshold) in THRESHOLDS.items():
        alarm = alarms(template)[name]
        if alarm["Threshold"] != threshold or not alarm["ComparisonOperator"].startswith(direction):
            yield name


@rule(
    put("OpenCasesAlarm", "Properties", "MetricName", value="OpenCase"),
    put("OpenCasesAlarm", "Properties", "Dimensions", value=[]),
)
def alarms_watch_metrics_that_exist(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        for metric in metrics_of(alarm):
            if metric["Namespace"] == "Pavati" and (metric["MetricName"], metric["Dimensions"]) not in (
                (known, _OURS) for known in METRICS
            ):
                yield f"{name} watches {metric['MetricName']} of {metric['Dimensions']}"


@rule(
    put("ApiErrorRateAlarm", "Properties", "Metrics", 0, "Expression", value="100 * refused / call"),
    put("ApiErrorRateAlarm", "Properties", "Metrics", 1, "ReturnData", value=True),
)
def calculated_alarms_can_be_calculated(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        queries = {query["Id"]: query for query in alarm.get("Metrics", ())}
        if not queries:
            continue
        words = set(re.findall(r"\b[a-z_]{2,}\b", queries["judged"]["Expression"]))
        yield from differences(name, words, set(queries) - {"judged"})
        if len(queries) - 1 > METRICS_MAX:
            yield f"{name} uses {len(queries) - 1} metrics"
        if [query for query in queries if queries[query].get("ReturnData", True)] != ["judged"]:
            yield f"{name} judges more than its expression"


@rule(
    put(
        "FunctionErrorRateAlarm",
        "Properties",
        "Metrics",
        1,
        "MetricStat",
        "Metric",
        "Dimensions",
        value=[{"Name": "FunctionName", "Value": {"Ref": "PollFunction"}}],
    )
)
def the_polls_pending_errors_are_nobodys_alarm(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        for metric in metrics_of(alarm):
            if any(target(dimension["Value"]) == "PollFunction" for dimension in metric["Dimensions"]):
                yield name


_QUEUE_STATEMENT = ("DeadLettersPolicy", "Properties", "PolicyDocument", "Statement", 0)
_TOPIC_STATEMENT = ("AlarmTopicPolicy", "Properties", "PolicyDocument", "Statement", 0)


@rule(
    put(*_QUEUE_STATEMENT, "Effect", value="Allow"),
    put(*_TOPIC_STATEMENT, "Condition", value={}),
    put(*_TOPIC_STATEMENT, "Principal", value={"AWS": "*"}),
)
def queue_and_topic_take_nothing_from_strangers_or_in_the_clear(template: Template) -> Iterator[str]:
    documents = [
        *of_type(template, "AWS::SQS::QueuePolicy").items(),
        *of_type(template, "AWS::SNS::TopicPolicy").items(),
    ]
    for name, policy in documents:
        statements = policy["PolicyDocument"]["Statement"]
        denials = [s["Condition"] for s in statements if s["Effect"] == "Deny"]
        if denials != [{"Bool": {"aws:SecureTransport": "false"}}]:
            yield f"{name} takes unencrypted calls"
        for statement in statements:
            fence = statement.get("Condition", {}).get("StringEquals")
            is_ours = fence == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}} and "Service" in statement["Principal"]
            if statement["Effect"] == "Allow" and not is_ours:
                yield f"{name} lets strangers in"
            if any("*" in action for action in listed(statement["Action"])):
                yield f"{name} has a wildcard"


@rule(
    drop("DeadLetters", "Properties", "SqsManagedSseEnabled"),
    drop("AlarmTopic", "Properties", "KmsMasterKeyId"),
    drop("DeadLetters", "Properties", "MessageRetentionPeriod"),
)
def queue_and_topic_are_encrypted_and_the_queue_waits_for_people(template: Template) -> Iterator[str]:
    queue, topic = template["Resources"]["DeadLetters"], template["Resources"]["AlarmTopic"]
    if queue["Properties"].get("SqsManagedSseEnabled") is not True:
        yield "the queue is not encrypted"
    if queue["Properties"].get("MessageRetentionPeriod") != 14 * 24 * 3600:
        yield "dead letters vanish"
    if target(topic["Properties"].get("KmsMasterKeyId", "")) != "DataKey":
        yield "the topic is not encrypted"


@rule(drop("AlarmEmailSubscription", "Condition"))
def mail_is_optional(template: Template) -> Iterator[str]:
    if template["Resources"]["AlarmEmailSubscription"].get("Condition") != "HasAlarmEmail":
        yield "an empty address is subscribed"


@rule(
    put("Dashboard", "Properties", "DashboardBody", value={"Fn::Sub": '{"widgets": []}'}),
    put("Dashboard", "Properties", "DashboardBody", value={"Fn::Sub": "{"}),
)
def the_dashboard_shows_every_metric(template: Template) -> Iterator[str]:
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    try:
        json.loads(body)
    except ValueError:
        yield "it is not JSON"
    yield from (f"{metric} is not shown" for metric in sorted(METRICS) if f'"{metric}"' not in body)
