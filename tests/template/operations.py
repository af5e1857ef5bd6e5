"""What tells people about a problem: alarms, their topic, the queue, the dashboard, the outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dev.tools.expand import Template
from tests.template.functions import JOBS
from tests.template.rulebook import Edit, differences, drop, listed, of_type, put, rule, target
from tests.template.stores import INDEXES, table_name

ALARMS = {
    "FunctionErrorRate",
    "CaptureErrorRate",
    "ApiErrorRate",
    "PaymentSuccessRate",
    "WebhookRejected",
    "WebhookSilence",
    "WebhookSlow",
    "PendingOver30Min",
    "InProgressOver5Days",
    "RefundOver24Hours",
    "CaseOpened",
    "CasesOver24Hours",
    "ReportIssues",
    "AmountMismatch",
    "LateSuccess",
    "WorkspaceInvalid",
    "MoneyReversed",
    "RefundReturned",
    "DisputeOpened",
    "DisputeDueSoon",
    "DisputeLost",
    "FunctionThrottled",
    "JobThrottled",
    "ApplyThrottled",
    "StoreReadThrottled",
    "StoreWriteThrottled",
    "StoreIndexReadThrottled",
    "StoreIndexWriteThrottled",
    "ApiThrottled",
    "GatewayToken",
    "DeadLetters",
    "PollExecutionsFailed",
    "SweepSilence",
    "SweepErrors",
    "SweepBehind",
    "ReportsBehind",
    "DisputeListsBehind",
    "GatewayNotAnswering",
}
SLOS = ("Success", "Webhook", "Response", "Uptime")
WINDOWS = {"Fast": {"1h": 3600, "5m": 300}, "Slow": {"6h": 21600, "30m": 1800}}  # Long and short, by rate of burning.
BURN_ALARMS = {
    f"{slo}Slo{rate}Burn": [f"{slo}Slo{rate}{window}" for window in windows]
    for slo in SLOS
    for rate, windows in WINDOWS.items()
}
PARTS = {part for parts in BURN_ALARMS.values() for part in parts}  # These alone notify nobody.
OF_RELEASES = {"NewVersionErrors", "NewJobVersionErrors"}  # They stop a deployment, and notify nobody.
METRICS = {
    "PaymentCreated",
    "PaymentCompleted",
    "PaymentFailed",
    "PaymentCancelled",
    "PaymentExpired",
    "RefundCompleted",
    "RefundFailed",
    "RefundReturned",
    "MoneyReversed",
    "WebhookReceived",
    "WebhookRejected",
    "WebhookReceiptToAppliedMs",
    "WebhookAppliedLate",
    "WebhookDead",
    "PendingOver30Min",
    "InProgressOver5Days",
    "RefundOver24Hours",
    "CaseOpened",
    "OpenCases",
    "CasesOver24Hours",
    "ReportIssues",
    "ReportFixes",
    "ReportUnanswered",
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
    "DisputeListsUnfinished",
}
FROM_LOGS = {"ApiThrottled"}  # Counted by a filter over a log group, not by the code.
SUCCESS_LEAST = 95
THRESHOLDS = {
    "FunctionErrorRate": ("Greater", 5),
    "CaptureErrorRate": ("Greater", 5),
    "ApiErrorRate": ("Greater", 5),
    "PaymentSuccessRate": ("Less", {"Ref": "SuccessRateLeast"}),
}
# Functions whose errors callers notice, by the alarm that watches them.
PAID_THROUGH = {
    "FunctionErrorRate": ("Initiate", "Status", "Checkout", "Webhook", "Refund"),
    "CaptureErrorRate": ("Capture",),
}
METRICS_MAX = 10  # Of one alarm, by CloudWatch.
_OURS = [{"Name": "service", "Value": {"Fn::Sub": "pavati-${Stage}"}}]


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = of_type(template, "AWS::CloudWatch::Alarm")
    return {name.removesuffix("Alarm"): alarm for name, alarm in found.items()}


def composites(template: Template) -> dict[str, dict[str, Any]]:
    found = of_type(template, "AWS::CloudWatch::CompositeAlarm")
    return {name.removesuffix("Alarm"): alarm for name, alarm in found.items()}


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    if "Metrics" not in alarm:
        return [alarm]
    return [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]


@rule(
    drop("WebhookSilenceAlarm"),
    drop("UptimeSloSlowBurnAlarm"),
    drop("UptimeSloSlow6hAlarm"),
    drop("NewVersionErrorsAlarm"),
)
def the_alarms_are_these(template: Template) -> Iterator[str]:
    yield from differences("alarms", set(alarms(template)), ALARMS | PARTS | OF_RELEASES)
    yield from differences("burn-rate alarms", set(composites(template)), set(BURN_ALARMS))


@rule(
    put("CaseOpenedAlarm", "Properties", "AlarmActions", value=[]),
    put("CaseOpenedAlarm", "Properties", "ActionsEnabled", value=False),
    put("UptimeSloFastBurnAlarm", "Properties", "AlarmActions", value=[]),
    put("UptimeSloFast5mAlarm", "Properties", "AlarmActions", value=[{"Ref": "AlarmTopic"}]),
)
def every_alarm_tells_somebody_and_says_what_to_do(template: Template) -> Iterator[str]:
    for name, alarm in (alarms(template) | composites(template)).items():
        tells = (
            [target(action) for action in alarm.get("AlarmActions", [])] if alarm.get("ActionsEnabled", True) else []
        )
        if tells != ([] if name in PARTS | OF_RELEASES else ["AlarmTopic"]):
            yield f"{name} tells {tells}"
        if len(alarm["AlarmDescription"]) < 20:
            yield f"{name} says nothing"


@rule(
    drop("CaseOpenedAlarm", "Properties", "TreatMissingData"),
    put("SweepSilenceAlarm", "Properties", "TreatMissingData", value="notBreaching"),
)
def silence_is_good_except_from_what_always_runs(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        wanted = "breaching" if name in ("SweepSilence", "ReportsBehind", "DisputeListsBehind") else "notBreaching"
        if alarm.get("TreatMissingData") != wanted:
            yield f"{name} takes missing data otherwise"


@rule(
    put("ApiErrorRateAlarm", "Properties", "Threshold", value=50),
    put("PaymentSuccessRateAlarm", "Properties", "Threshold", value=5),
    lambda template: template["Parameters"]["SuccessRateLeast"].update(Default=5),
)
def the_promised_thresholds_are_met(template: Template) -> Iterator[str]:
    for name, (direction, threshold) in THRESHOLDS.items():
        alarm = alarms(template)[name]
        if alarm["Threshold"] != threshold or not alarm["ComparisonOperator"].startswith(direction):
            yield name
    if template["Parameters"]["SuccessRateLeast"]["Default"] != SUCCESS_LEAST:
        yield "SuccessRateLeast"


@rule(
    put("CaseOpenedAlarm", "Properties", "MetricName", value="OpenCase"),
    put("CaseOpenedAlarm", "Properties", "Dimensions", value=[]),
)
def alarms_watch_metrics_that_exist(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        for metric in metrics_of(alarm):
            if metric["Namespace"] == "Pavati" and (metric["MetricName"], metric["Dimensions"]) not in (
                (known, _OURS) for known in METRICS | FROM_LOGS
            ):
                yield f"{name} watches {metric['MetricName']} of {metric['Dimensions']}"


@rule(
    put("ApiErrorRateAlarm", "Properties", "Metrics", 0, "Expression", value="100 * refused / call"),
    put("ApiErrorRateAlarm", "Properties", "Metrics", 1, "ReturnData", value=True),
    put("ApiErrorRateAlarm", "Properties", "Metrics", 1, "MetricStat", "Period", value=60),
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
        if len({query["MetricStat"]["Period"] for query in queries.values() if "MetricStat" in query}) != 1:
            yield f"{name} mixes periods"  # CloudWatch takes one period in an alarm.
        if [query for query in queries if queries[query].get("ReturnData", True)] != ["judged"]:
            yield f"{name} judges more than its expression"


def _watch(alarm: str, number: int, function: str) -> Edit:
    """An edit by which the alarm's metric watches this function."""
    dimensions = [{"Name": "FunctionName", "Value": {"Ref": f"{function}Function"}}]
    return put(alarm, "Properties", "Metrics", number, "MetricStat", "Metric", "Dimensions", value=dimensions)


def _rename(alarm: str, number: int, metric: str) -> Edit:
    return put(alarm, "Properties", "Metrics", number, "MetricStat", "Metric", "MetricName", value=metric)


@rule(
    _watch("FunctionThrottledAlarm", 2, "Initiate"),
    _rename("PollExecutionsFailedAlarm", 2, "ExecutionsFailed"),
)
def no_alarm_takes_one_metric_for_two(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        requested = [query["MetricStat"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
        yield from (f"{name} has {each} twice" for place, each in enumerate(requested) if each in requested[:place])


@rule(
    drop("FunctionThrottledAlarm", "Properties", "Metrics", 8),
    _watch("FunctionThrottledAlarm", 8, "Webhook"),
    _watch("JobThrottledAlarm", 2, "Poll"),
    _rename("JobThrottledAlarm", 1, "Errors"),
    put("ApplyThrottledAlarm", "Properties", "Dimensions", 0, "Value", value={"Ref": "WebhookFunction"}),
    put("ApplyThrottledAlarm", "Properties", "MetricName", value="Errors"),
)
def every_function_is_watched_for_throttles(template: Template) -> Iterator[str]:
    found = {(name,) for name in of_type(template, "AWS::Lambda::Function")}
    watching = ("FunctionThrottled", "JobThrottled", "ApplyThrottled")
    watched = {one for alarm in watching for one in _watched(template, alarm)}
    yield from differences("throttles of functions", watched, found)
    metrics = [one for alarm in watching for one in metrics_of(alarms(template)[alarm])]
    yield from differences("throttles", {metric["MetricName"] for metric in metrics}, {"Throttles"})


@rule(
    _watch("FunctionErrorRateAlarm", 1, "Reconcile"),
    _watch("FunctionErrorRateAlarm", 2, "Health"),
    _watch("CaptureErrorRateAlarm", 2, "Refund"),
)
def errors_are_a_share_of_the_calls_of_the_same_functions(template: Template) -> Iterator[str]:
    for name, functions in PAID_THROUGH.items():
        wanted = {(metric, f"{of}Function") for metric in ("Errors", "Invocations") for of in functions}
        metrics = metrics_of(alarms(template)[name])
        found = {(metric["MetricName"], target(metric["Dimensions"][0]["Value"])) for metric in metrics}
        yield from differences(name, found, wanted)


@rule(
    _watch("SweepErrorsAlarm", 2, "Cases"),
    _rename("SweepErrorsAlarm", 1, "Throttles"),
    drop("SweepErrorsAlarm", "Properties", "Metrics", 3),
)
def a_failed_run_of_any_job_is_seen(template: Template) -> Iterator[str]:
    metrics = metrics_of(alarms(template)["SweepErrors"])
    found = {(metric["MetricName"], target(metric["Dimensions"][0]["Value"])) for metric in metrics}
    yield from differences("failed runs", found, {("Errors", f"{of}Function") for _, of in JOBS.values()})


@rule(
    _rename("PollExecutionsFailedAlarm", 3, "ExecutionsSucceeded"),
    drop("PollExecutionsFailedAlarm", "Properties", "Metrics", 2),
)
def a_polling_execution_fails_in_three_ways(template: Template) -> Iterator[str]:
    found = {metric["MetricName"] for metric in metrics_of(alarms(template)["PollExecutionsFailed"])}
    yield from differences("executions", found, {f"Executions{end}" for end in ("Failed", "TimedOut", "Aborted")})


@rule(_watch("FunctionErrorRateAlarm", 1, "Poll"))
def the_polls_pending_errors_are_nobodys_alarm(template: Template) -> Iterator[str]:
    for name, alarm in alarms(template).items():
        for metric in metrics_of(alarm):
            of = [target(dimension["Value"]) for dimension in metric["Dimensions"]]
            if metric["MetricName"] == "Errors" and "PollFunction" in of:
                yield name


@rule(
    drop("StoreWriteThrottledAlarm", "Properties", "Metrics", 3),
    drop("StoreIndexReadThrottledAlarm", "Properties", "Metrics", 2),
    _rename("StoreIndexWriteThrottledAlarm", 3, "ReadThrottleEvents"),
)
def every_table_and_index_is_watched_for_throttles(template: Template) -> Iterator[str]:
    found = of_type(template, "AWS::DynamoDB::Table")
    indexes = {(name, index) for name in found for index in INDEXES[table_name(found[name])]}
    tables, watching = {(name,) for name in found}, alarms(template)
    for verb in ("Read", "Write"):
        yield from differences(f"{verb} of tables", _watched(template, f"Store{verb}Throttled"), tables)
        yield from differences(f"{verb} of indexes", _watched(template, f"StoreIndex{verb}Throttled"), indexes)
        metrics = [metric for of in ("", "Index") for metric in metrics_of(watching[f"Store{of}{verb}Throttled"])]
        yield from differences(verb, {metric["MetricName"] for metric in metrics}, {f"{verb}ThrottleEvents"})


def _watched(template: Template, alarm: str) -> set[tuple[str, ...]]:
    metrics = metrics_of(alarms(template)[alarm])
    return {tuple(target(dimension["Value"]) for dimension in metric["Dimensions"]) for metric in metrics}


@rule(
    put("SuccessSloFast1hAlarm", "Properties", "Metrics", 1, "MetricStat", "Period", value=300),
    put("SuccessSloSlow6hAlarm", "Properties", "Metrics", 0, "Expression", value="completed"),
    put("UptimeSloFastBurnAlarm", "Properties", "AlarmRule", value={"Fn::Sub": 'ALARM("${UptimeSloFast1hAlarm}")'}),
)
def a_budget_burns_in_a_long_and_in_a_short_window(template: Template) -> Iterator[str]:
    """All four windows of a service level have one formula; the rule combines the long and the short window."""
    metric_alarms, rules = alarms(template), composites(template)
    for slo in SLOS:
        formulas = {metric_alarms[name]["Metrics"][0]["Expression"] for name in PARTS if name.startswith(f"{slo}Slo")}
        if len(formulas) != 1:
            yield f"{slo} has {len(formulas)} formulas"
        for rate, windows in WINDOWS.items():
            for window, period in windows.items():
                name = f"{slo}Slo{rate}{window}"
                if {query["MetricStat"]["Period"] for query in metric_alarms[name]["Metrics"][1:]} != {period}:
                    yield f"{name} has another window"
            joined = " AND ".join(f'ALARM("${{{slo}Slo{rate}{window}Alarm}}")' for window in windows)
            if rules[f"{slo}Slo{rate}Burn"]["AlarmRule"] != {"Fn::Sub": joined}:
                yield f"{slo} {rate} has another rule"


_FILTER = ("ApiThrottledFilter", "Properties", "MetricTransformations", 0)
# Without callers that try paths.
_THROTTLED = '{ $.status = "429" && $.route != "GET /{path+}" && $.route != "POST /{path+}" }'


@rule(
    put(*_FILTER, "MetricName", value="Throttled"),
    put(*_FILTER, "Dimensions", value=[]),
    put("ApiThrottledFilter", "Properties", "LogGroupName", value={"Ref": "WebhookLogs"}),
    put(*_FILTER, "MetricValue", value="0"),
    put("ApiThrottledFilter", "Properties", "FilterPattern", value='{ $.status = "429" }'),
    drop("ApiThrottledFilter"),
)
def what_the_api_throttles_is_counted_from_its_log(template: Template) -> Iterator[str]:
    found = of_type(template, "AWS::Logs::MetricFilter")
    names = {each["MetricTransformations"][0]["MetricName"] for each in found.values()}
    yield from differences("filters", names, FROM_LOGS)
    for name, each in found.items():
        (made,) = each["MetricTransformations"]
        is_ours = (made["MetricNamespace"], made["Dimensions"]) == (
            "Pavati",
            [{"Key": "service", "Value": "$.service"}],
        )
        counted = (target(each["LogGroupName"]), each["FilterPattern"], made["MetricValue"])
        if not is_ours or counted != ("HttpApiLogs", _THROTTLED, "1"):
            yield f"{name} counts something else"


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
    put(*_TOPIC_STATEMENT, "Action", value="sns:Subscribe"),
    put(*_TOPIC_STATEMENT, "Resource", value={"Ref": "OtherTopic"}),
    put(*_QUEUE_STATEMENT, "Action", value=["sqs:SendMessage"]),
    put("DeadLettersPolicy", "Properties", "Queues", value=[]),
    put("AlarmTopicPolicy", "Properties", "Topics", value=[]),
)
def alarms_reach_the_topic_and_both_policies_are_of_what_they_name(template: Template) -> Iterator[str]:
    queues, topics = template["Resources"]["DeadLettersPolicy"], template["Resources"]["AlarmTopicPolicy"]
    if (queues["Properties"]["Queues"], topics["Properties"]["Topics"]) != (
        [{"Ref": "DeadLetters"}],
        [{"Ref": "AlarmTopic"}],
    ):
        yield "a policy is of nothing"
    named = {"DeadLetters": queues, "AlarmTopic": topics}
    found = {
        (statement["Sid"], target(statement["Resource"]), action)
        for policy in named.values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }
    wanted = {("TlsOnly", "DeadLetters", f"sqs:{verb}Message") for verb in ("Send", "Receive", "Delete")}
    wanted |= {("TlsOnly", "AlarmTopic", "sns:Publish"), ("AlarmsOfThisAccount", "AlarmTopic", "sns:Publish")}
    yield from differences("policies", found, wanted)


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
    yield from (f"{name} is not shown" for name in BURN_ALARMS if f'"${{{name}Alarm.Arn}}"' not in body)
    yield from (f"{metric} is not shown" for metric in sorted(METRICS | FROM_LOGS) if f'"{metric}"' not in body)
