"""The functions and what starts them: limits, settings, logs, schedules, failed starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from dev.tools.expand import Template
from tests.template.rulebook import differences, drop, of_type, put, rule, target

TIMEOUTS_S = {
    "Initiate": 25,
    "Status": 25,
    "Checkout": 25,
    "Gateways": 25,
    "Capture": 25,
    "Refund": 25,
    "Disputes": 60,
    "Webhook": 10,
    "Apply": 25,
    "Poll": 20,
    "Sweep": 60,
    "Reconcile": 60,
    "Cases": 25,
    "Health": 5,
}
MEMORY_MB = {"Initiate": 1024}
SETTINGS = {
    "STAGE": "Stage",
    "TABLE_PREFIX": "pavati-Stage-",
    "GATEWAY_MODE": "GatewayMode",
    "SIMULATOR_URL": "SimulatorUrl",
    "GATEWAYS": "{'Fn::Join': [',', {'Ref': 'Gateways'}]}",
    "FORMER_ACCOUNTS": "{'Fn::Join': [',', {'Ref': 'FormerAccounts'}]}",
    "GATEWAY_SECRET_PREFIX": "pavati/Stage",
    "RETURN_URL_ALLOWLIST": "{'Fn::Join': [',', {'Ref': 'ReturnUrlAllowList'}]}",
    "PUBLIC_BASE_URL": "PublicBaseUrl",
    "POWERTOOLS_SERVICE_NAME": "pavati-Stage",
    "POWERTOOLS_METRICS_NAMESPACE": "Pavati",
    "LOG_LEVEL": "INFO",
}
OWN_SETTINGS = {
    "Initiate": {"POLL_STATE_MACHINE_ARN": "PollPaymentStateMachine"},
    "Sweep": {"SWEEP_ROWS_AT_ONCE": "SweepRowsAtOnce"},
    "Reconcile": {"SWEEP_ROWS_AT_ONCE": "SweepRowsAtOnce"},
}
# How often each job is started, and its function.
JOBS = {
    "sweep": ("rate(1 minute)", "Sweep"),
    "report": ("rate(5 minutes)", "Reconcile"),
    "disputes": ("rate(1 day)", "Disputes"),
}
_POLL = ("PollFunction", "Properties")


def functions(template: Template) -> dict[str, dict[str, Any]]:
    """Properties by name, without the word Function."""
    found = of_type(template, "AWS::Lambda::Function")
    return {name.removesuffix("Function"): function for name, function in found.items()}


@rule(drop("HealthFunction"))
def the_functions_are_these(template: Template) -> Iterator[str]:
    yield from differences("functions", set(functions(template)), set(TIMEOUTS_S))


@rule(
    put(*_POLL, "Runtime", value="python3.11"),
    put(*_POLL, "Architectures", value=["x86_64"]),
    put(*_POLL, "Layers", value=[]),
)
def all_run_the_layers_python_on_arm(template: Template) -> Iterator[str]:
    (layer,) = of_type(template, "AWS::Lambda::LayerVersion").values()
    for name, function in functions(template).items():
        if (function["Runtime"], function["Architectures"]) != ("python3.13", ["arm64"]):
            yield f"{name} runs elsewhere"
        if layer["CompatibleRuntimes"] != ["python3.13"] or layer["CompatibleArchitectures"] != ["arm64"]:
            yield "the layer is for another runtime"
        if not [found for found in function["Layers"] if target(found).startswith("CommonLayer")]:
            yield f"{name} has no layer"


@rule(
    drop(*_POLL, "SnapStart"),
    put(*_POLL, "SnapStart", "ApplyOn", value="PublishedVersions"),
    lambda template: template["Parameters"]["SnapStart"].update(Default="PublishedVersions"),
)
def functions_start_from_a_snapshot_only_if_the_parameter_says_so(template: Template) -> Iterator[str]:
    for name, function in functions(template).items():
        if function.get("SnapStart") != {"ApplyOn": {"Ref": "SnapStart"}}:
            yield f"{name} starts otherwise"
    if template["Parameters"]["SnapStart"]["Default"] != "None":
        yield "it is on by default"


@rule(
    put(*_POLL, "Timeout", value=900),
    put("InitiateFunction", "Properties", "Timeout", value=30),
    put(*_POLL, "MemorySize", value=128),
)
def time_and_memory_are_limited(template: Template) -> Iterator[str]:
    for name, function in functions(template).items():
        if function["Timeout"] != TIMEOUTS_S[name]:
            yield f"{name} may run {function['Timeout']} s"
        if function["MemorySize"] != MEMORY_MB.get(name, 512):
            yield f"{name} has {function['MemorySize']} MB"


@rule(
    put(*_POLL, "TracingConfig", "Mode", value="PassThrough"),
    put("PollPaymentStateMachine", "Properties", "TracingConfiguration", value={"Enabled": False}),
)
def everything_is_traced(template: Template) -> Iterator[str]:
    for name, function in functions(template).items():
        if function.get("TracingConfig") != {"Mode": "Active"}:
            yield name
    for name, machine in of_type(template, "AWS::StepFunctions::StateMachine").items():
        if machine.get("TracingConfiguration") != {"Enabled": True}:
            yield name


@rule(
    put(*_POLL, "Environment", "Variables", "PAVATI_CLOCK", value="0,0,20"),
    put(*_POLL, "Environment", "Variables", "AWS_ENDPOINT_URL", value="http://127.0.0.1:8000"),
    put(*_POLL, "Environment", "Variables", "POLL_STATE_MACHINE_ARN", value={"Ref": "PollPaymentStateMachine"}),
    drop(*_POLL, "Environment", "Variables", "STAGE"),
    drop("SweepFunction", "Properties", "Environment", "Variables", "SWEEP_ROWS_AT_ONCE"),
    put(
        "CasesFunction",
        "Properties",
        "Environment",
        "Variables",
        "SWEEP_ROWS_AT_ONCE",
        value={"Ref": "SweepRowsAtOnce"},
    ),
)
def the_settings_are_these(template: Template) -> Iterator[str]:
    for name, function in functions(template).items():
        found = {(key, target(value)) for key, value in function["Environment"]["Variables"].items()}
        yield from differences(name, found, set((SETTINGS | OWN_SETTINGS.get(name, {})).items()))


@rule(
    drop("WebhookFunction", "Properties", "ReservedConcurrentExecutions"),
    put("WebhookFunction", "Properties", "ReservedConcurrentExecutions", value={"Ref": "WebhookConcurrency"}),
    put(*_POLL, "ReservedConcurrentExecutions", value=1),
    put("InitiateFunction", "Properties", "ReservedConcurrentExecutions", value={"Ref": "WebhookConcurrency"}),
    lambda template: template["Parameters"]["WebhookConcurrency"].update(Default=20),
)
def webhooks_alone_may_keep_a_concurrency_and_by_default_keep_none(template: Template) -> Iterator[str]:
    """An account that may run only 10 functions at once can deploy, too."""
    wanted = {"Fn::If": ["ReservesWebhookConcurrency", {"Ref": "WebhookConcurrency"}, {"Ref": "AWS::NoValue"}]}
    for name, function in functions(template).items():
        if function.get("ReservedConcurrentExecutions") != (wanted if name == "Webhook" else None):
            yield f"{name} reserves otherwise"
    if template["Parameters"]["WebhookConcurrency"]["Default"] != 0:
        yield "a new account cannot deploy"


@rule(
    put(*_POLL, "LoggingConfig", value={"LogGroup": {"Ref": "RefundLogs"}}),
    drop("PollLogs", "Properties", "RetentionInDays"),
    drop("HttpApiLogs", "Properties", "KmsKeyId"),
    put("PollLogs", "Properties", "LogGroupName", value={"Fn::Sub": "/elsewhere"}),
)
def everything_logs_to_a_group_that_forgets_in_time(template: Template) -> Iterator[str]:
    groups = of_type(template, "AWS::Logs::LogGroup")
    wanted = {f"{name}Logs" for name in (*TIMEOUTS_S, "HttpApi", "PollPayment")}
    yield from differences("log groups", set(groups), wanted)
    for name, function in functions(template).items():
        if target(function.get("LoggingConfig", {}).get("LogGroup", "")) != f"{name}Logs":
            yield f"{name} logs elsewhere"
    for name, group in groups.items():
        yield from _faults_of_group(name, group)


def _faults_of_group(name: str, group: dict[str, Any]) -> Iterator[str]:
    if group.get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
        yield f"{name} is kept for ever"
    if target(group.get("KmsKeyId", "")) != "DataKey":
        yield f"{name} is not under our key"
    # The key's policy allows the log service by these prefixes.
    if not target(group["LogGroupName"]).startswith(("/aws/lambda/pavati-Stage-", "/aws/vendedlogs/pavati-Stage-")):
        yield f"{name} has a name that the key does not know"


_LOGGING = ("PollPaymentStateMachine", "Properties", "LoggingConfiguration")


@rule(put(*_LOGGING, "IncludeExecutionData", value=True), put(*_LOGGING, "Level", value="ALL"))
def the_machine_is_standard_and_logs_only_its_failures(template: Template) -> Iterator[str]:
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine").values()
    if machine["StateMachineType"] != "STANDARD":
        yield "an execution must not run twice"
    logging = machine["LoggingConfiguration"]
    if (logging["Level"], logging["IncludeExecutionData"]) != ("FATAL", False):
        yield "it logs every check, or what it was given"


@rule(
    put(*_LOGGING, "Destinations", 0, "CloudWatchLogsLogGroup", "LogGroupArn", value={"Ref": "PollLogs"}),
    put("PollPaymentStateMachine", "Properties", "RoleArn", value={"Fn::GetAtt": ["ScheduleRole", "Arn"]}),
    put("PollPaymentStateMachine", "Properties", "DefinitionSubstitutions", "PollFunctionArn", value={"Ref": "X"}),
)
def the_machine_calls_poll_as_itself_and_logs_to_its_own_group(template: Template) -> Iterator[str]:
    (machine,) = of_type(template, "AWS::StepFunctions::StateMachine").values()
    (log_group,) = machine["LoggingConfiguration"]["Destinations"]
    found = (
        target(log_group["CloudWatchLogsLogGroup"]["LogGroupArn"]),
        target(machine["RoleArn"]),
        {name: target(value) for name, value in machine["DefinitionSubstitutions"].items()},
    )
    if found != ("PollPaymentLogs", "PollPaymentRole", {"PollFunctionArn": "PollFunction:live"}):
        yield str(found)


_NAMES = {
    "AWS::ApiGatewayV2::Api": "Body/info/title",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}


@rule(
    put(*_POLL, "FunctionName", value="pavati-poll"),
    put("HealthFunction", "Properties", "FunctionName", value={"Fn::Sub": "pavati-${Stage}-poll"}),
    put("HealthLogs", "Properties", "LogGroupName", value={"Fn::Sub": "/aws/lambda/pavati-${Stage}-poll"}),
    put("PollLogs", "Properties", "LogGroupName", value={"Fn::Sub": "/aws/lambda/pavati-${Stage}-polls"}),
)
def every_name_is_of_its_stage_and_a_functions_log_is_called_after_it(template: Template) -> Iterator[str]:
    for kind, key in _NAMES.items():
        names = [target(_below(properties, key)) for properties in of_type(template, kind).values()]
        yield from (f"{name} is of every stage" for name in names if "Stage" not in name)
        if len(set(names)) != len(names):
            yield f"two of {kind} have one name"
    groups = of_type(template, "AWS::Logs::LogGroup")
    for name, function in functions(template).items():
        if target(groups[f"{name}Logs"]["LogGroupName"]) != f"/aws/lambda/{target(function['FunctionName'])}":
            yield f"{name} logs under another name"


def _below(node: Any, path: str) -> Any:
    for step in path.split("/"):
        node = node[step]
    return node


_SWEEP = ("SweepFunctionEveryMinute", "Properties")


@rule(
    put(*_SWEEP, "ScheduleExpression", value="rate(1 hour)"),
    put(*_SWEEP, "Target", "Input", value="{}"),
    put(*_SWEEP, "State", value="DISABLED"),
    put(*_SWEEP, "Target", "Arn", value={"Ref": "ReconcileFunctionAliaslive"}),
    drop("DisputesFunctionEveryDay"),
)
def the_sweep_runs_each_minute_the_reports_every_five_the_list_of_disputes_each_day(
    template: Template,
) -> Iterator[str]:
    schedules = of_type(template, "AWS::Scheduler::Schedule").values()
    found = {
        (schedule["ScheduleExpression"], schedule["Target"]["Input"], target(schedule["Target"]["Arn"]))
        for schedule in schedules
        if schedule.get("State", "ENABLED") == "ENABLED"
    }
    wanted = {(rate, f'{{"job":"{job}"}}', f"{function}Function:live") for job, (rate, function) in JOBS.items()}
    yield from differences("jobs", found, wanted)


_MAPPING = ("ApplyFunctionAddedWebhook", "Properties")
MAPPING = {
    "EventSourceArn": {"Fn::GetAtt": ["PaymentWebhookLogsTable", "StreamArn"]},
    "FunctionName": {"Ref": "ApplyFunctionAliaslive"},
    "StartingPosition": "TRIM_HORIZON",
    "BatchSize": 1,
    "ParallelizationFactor": 10,
    "MaximumRetryAttempts": 0,
    "MaximumRecordAgeInSeconds": 60,
    "FilterCriteria": {"Filters": [{"Pattern": '{"eventName":["INSERT"]}'}]},
}


@rule(
    put(*_MAPPING, "EventSourceArn", value={"Fn::GetAtt": ["PaymentTransactionsTable", "StreamArn"]}),
    put(*_MAPPING, "FunctionName", value={"Ref": "SweepFunctionAliaslive"}),
    put(*_MAPPING, "StartingPosition", value="LATEST"),
    put(*_MAPPING, "BatchSize", value=100),
    put(*_MAPPING, "ParallelizationFactor", value=1),
    put(*_MAPPING, "MaximumRetryAttempts", value=-1),
    drop(*_MAPPING, "MaximumRetryAttempts"),
    put(*_MAPPING, "MaximumRecordAgeInSeconds", value=-1),
    put(*_MAPPING, "FilterCriteria", "Filters", 0, "Pattern", value='{"eventName":["INSERT","MODIFY"]}'),
    drop(*_MAPPING, "FilterCriteria"),
    put(*_MAPPING, "Enabled", value=False),
    put(*_MAPPING, "DestinationConfig", value={"OnFailure": {"Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}}),
    drop("ApplyFunctionAddedWebhook"),
)
def each_added_webhook_is_applied_once_and_early_or_left_to_the_sweep(template: Template) -> Iterator[str]:
    found = of_type(template, "AWS::Lambda::EventSourceMapping")
    yield from differences("mappings", set(found), {_MAPPING[0]})
    for name, mapping in found.items():
        pairs = {(key, str(value)) for key, value in mapping.items()}
        yield from differences(name, pairs, {(key, str(value)) for key, value in MAPPING.items()})


_ASYNC = ("SweepFunctionEventInvokeConfig", "Properties")


@rule(
    put(*_SWEEP, "Target", "RetryPolicy", "MaximumRetryAttempts", value=185),
    put(*_SWEEP, "Target", "RetryPolicy", "MaximumEventAgeInSeconds", value=86_400),
    put(*_SWEEP, "Target", "RoleArn", value={"Fn::GetAtt": ["SweepRole", "Arn"]}),
    put(*_ASYNC, "MaximumRetryAttempts", value=2),
    put(*_ASYNC, "MaximumEventAgeInSeconds", value=21_600),
    put("DisputesFunctionEventInvokeConfig", "Properties", "MaximumRetryAttempts", value=2),
)
def a_job_is_not_repeated_beside_the_next_one(template: Template) -> Iterator[str]:
    for name, schedule in of_type(template, "AWS::Scheduler::Schedule").items():
        if schedule["Target"]["RetryPolicy"] != {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300}:
            yield f"{name} is started again, or for longer"
        if target(schedule["Target"]["RoleArn"]) != "ScheduleRole":
            yield f"{name} starts as somebody else"
    for name, started in of_type(template, "AWS::Lambda::EventInvokeConfig").items():
        if (started["MaximumRetryAttempts"], started["MaximumEventAgeInSeconds"]) != (0, 120):
            yield f"{name}: a job runs again, or late"


@rule(
    drop(*_SWEEP, "Target", "DeadLetterConfig"),
    drop(*_ASYNC, "DestinationConfig"),
    drop("SweepFunctionEventInvokeConfig"),
    drop("ReconcileFunctionEventInvokeConfig"),
    drop("DisputesFunctionEventInvokeConfig", "Properties", "DestinationConfig"),
)
def a_failed_job_leaves_a_dead_letter(template: Template) -> Iterator[str]:
    for name, schedule in of_type(template, "AWS::Scheduler::Schedule").items():
        if target(schedule["Target"].get("DeadLetterConfig", {}).get("Arn", "")) != "DeadLetters":
            yield f"{name}: a failed start is lost"
        if "RetryPolicy" not in schedule["Target"]:
            yield f"{name} is retried for a day"
    started = {
        target(found["FunctionName"]): found for found in of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    }
    for job, (_, function) in JOBS.items():
        failing = started.get(f"{function}Function", {}).get("DestinationConfig", {}).get("OnFailure", {})
        if target(failing.get("Destination", "")) != "DeadLetters":
            yield f"a failed {job} is lost"


@rule(
    put(*_POLL, "Environment", "Variables", "SIMULATOR_URL", value={"Fn::GetAtt": ["HttpApi", "ApiEndpoint"]}),
    put("DataKey", "DependsOn", value="PollFunction"),
    put(*_POLL, "Role", value={"Fn::GetAtt": ["PolRole", "Arn"]}),
)
def nothing_depends_on_itself_or_on_what_is_not_there(template: Template) -> Iterator[str]:
    known = {*template["Resources"], *template["Parameters"], *template["Conditions"]}
    needs = {name: set(_references(resource)) for name, resource in template["Resources"].items()}
    yield from (
        f"{name} needs {need}" for name in needs for need in needs[name] - known if not need.startswith("AWS::")
    )
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as cycle:
        yield f"a circle: {cycle.args[1]}"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for value in node:
            yield from _references(value)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "Ref" or (key == "DependsOn" and isinstance(value, str)):
            yield value
        elif key == "Fn::GetAtt":
            yield value[0]
        elif key == "Fn::Sub":
            text, own = value if isinstance(value, list) else (value, {})
            yield from (name for name in re.findall(r"\$\{([\w:]+)", text) if name not in own)
            yield from _references(list(own.values()))
        else:
            yield from _references(value)
