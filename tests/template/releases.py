"""How a new version takes over: every caller calls the alias, and an error of the new version takes the calls back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dev.tools.expand import Template
from tests.template.functions import functions
from tests.template.iam import policies
from tests.template.rulebook import Resources, differences, drop, listed, of_type, put, rule, target

# Whose errors stop whose new version. Poll's own errors are payments that still wait.
JOBS = {"Apply", "Sweep", "Reconcile"}
_API = {"Initiate", "Status", "Checkout", "Gateways", "Capture", "Refund", "Disputes", "Webhook", "Cases", "Health"}
WATCHED = {"NewVersionErrors": _API, "NewJobVersionErrors": JOBS}
_ALIAS = ("PollFunctionAliaslive",)
_GROUP = ("RefundFunctionDeploymentGroup", "Properties")


def versions(template: Template) -> dict[str, str]:
    """The version's logical id by function."""
    found = of_type(template, "AWS::Lambda::Version").items()
    return {target(version["FunctionName"]): logical_id for logical_id, version in found}


@rule(
    drop(*_ALIAS),
    put(*_ALIAS, "Properties", "Name", value="latest"),
    put(*_ALIAS, "Properties", "FunctionVersion", value="$LATEST"),
    put(*_ALIAS, "UpdatePolicy", value={}),
    put(
        "CasesFunctionAliaslive", "UpdatePolicy", "CodeDeployLambdaAliasUpdate", "DeploymentGroupName", value=_ALIAS[0]
    ),
)
def every_function_has_one_alias_that_codedeploy_moves_to_its_newest_version(template: Template) -> Iterator[str]:
    newest = versions(template)
    found = of_type(template, "AWS::Lambda::Alias")
    yield from differences("aliases", set(found), {f"{name}FunctionAliaslive" for name in functions(template)})
    for logical_id, alias in found.items():
        function = target(alias["FunctionName"])
        at = (alias["Name"], alias["FunctionVersion"])
        if at != ("live", {"Fn::GetAtt": [newest[function], "Version"]}):
            yield f"{logical_id} is {at}"
        update = template["Resources"][logical_id].get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
        if target(update.get("DeploymentGroupName", "")) != f"{function}DeploymentGroup":
            yield f"{logical_id} is not moved by its group"


@rule(
    put("HealthFunctionGetHealthPermission", "Properties", "FunctionName", value={"Ref": "HealthFunction"}),
    put("SweepFunctionEveryMinute", "Properties", "Target", "Arn", value={"Fn::GetAtt": ["SweepFunction", "Arn"]}),
    put("ApplyFunctionAddedWebhook", "Properties", "FunctionName", value={"Ref": "ApplyFunction"}),
    put("SweepFunctionEventInvokeConfig", "Properties", "Qualifier", value="$LATEST"),
    put("PollPaymentStateMachine", "Properties", "DefinitionSubstitutions", "PollFunctionArn",
        value={"Fn::GetAtt": ["PollFunction", "Arn"]}),
    put("ScheduleRole", "Properties", "Policies", 0, "PolicyDocument", "Statement", 0, "Resource", 0,
        value={"Fn::GetAtt": ["SweepFunction", "Arn"]}),
    put("HttpApi", "Properties", "Body", "paths", "/v1/payments", "post", "x-amazon-apigateway-integration", "uri",
        value={"Fn::Sub": "x/functions/${InitiateFunction.Arn}/invocations"}),
)  # fmt: skip
def who_calls_a_function_calls_its_alias(template: Template) -> Iterator[str]:
    for caller, called in _calls(template):
        if not re.fullmatch(r"\w+Function:live", called):
            yield f"{caller} calls {called}"


def _calls(template: Template) -> Iterator[tuple[str, str]]:
    for kind in ("Permission", "EventSourceMapping"):
        yield from _called(of_type(template, f"AWS::Lambda::{kind}"), "FunctionName")
    for name, config in of_type(template, "AWS::Lambda::EventInvokeConfig").items():
        yield name, f"{target(config['FunctionName'])}:{config.get('Qualifier')}"
    for name, schedule in of_type(template, "AWS::Scheduler::Schedule").items():
        yield name, target(schedule["Target"]["Arn"])
    for name, machine in of_type(template, "AWS::StepFunctions::StateMachine").items():
        yield from ((name, target(value)) for value in machine["DefinitionSubstitutions"].values())
    for owner, statement in policies(template):
        if statement["Action"] == "lambda:InvokeFunction":
            yield from ((owner, target(each)) for each in listed(statement["Resource"]))
    yield from _integrations(template)


def _integrations(template: Template) -> Iterator[tuple[str, str]]:
    for api in of_type(template, "AWS::ApiGatewayV2::Api").values():
        for path, verbs in api["Body"]["paths"].items():
            for operation in verbs.values():
                uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                yield path, target({"Ref": uri.partition("/functions/${")[2].removesuffix("}/invocations")})


def _called(found: Resources, key: str) -> Iterator[tuple[str, str]]:
    return ((name, target(properties[key])) for name, properties in found.items())


def configuration(preference: str) -> dict[str, Any]:
    return {"Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": preference}]}


@rule(
    put(*_GROUP, "AlarmConfiguration", "Enabled", value=False),
    drop(*_GROUP, "AlarmConfiguration", "Alarms", 0),
    put("PollFunctionDeploymentGroup", "Properties", "AlarmConfiguration", "Alarms", value=[]),
    put(*_GROUP, "AutoRollbackConfiguration", "Events", value=["DEPLOYMENT_FAILURE"]),
    put(*_GROUP, "DeploymentConfigName", value="CodeDeployDefault.LambdaAllAtOnce"),
    put(*_GROUP, "ServiceRoleArn", value={"Fn::GetAtt": ["ScheduleRole", "Arn"]}),
)
def errors_of_new_versions_stop_every_deployment(template: Template) -> Iterator[str]:
    for name in functions(template):
        group = template["Resources"][f"{name}FunctionDeploymentGroup"]["Properties"]
        alarms = group.get("AlarmConfiguration", {})
        wanted = {"NewJobVersionErrorsAlarm"} | ({"NewVersionErrorsAlarm"} if name not in JOBS | {"Poll"} else set())
        yield from differences(name, {target(each["Name"]) for each in alarms.get("Alarms", ())}, wanted)
        if not alarms.get("Enabled") or "DEPLOYMENT_STOP_ON_ALARM" not in group["AutoRollbackConfiguration"]["Events"]:
            yield f"{name}: an alarm stops nothing"
        if group["DeploymentConfigName"] != configuration(template["Parameters"]["DeploymentPreference"]["Default"]):
            yield f"{name} does not take over as the parameter says"
        if target(group["ServiceRoleArn"]) != "DeploymentRole":
            yield f"{name} is moved by another role"


_METRIC = ("Properties", "Metrics", 1, "MetricStat", "Metric")


@rule(
    drop("NewVersionErrorsAlarm", "Properties", "Metrics", 3),
    put("NewVersionErrorsAlarm", *_METRIC, "Dimensions", 2, "Value", value="1"),
    drop("NewVersionErrorsAlarm", *_METRIC, "Dimensions", 2),
    put("NewJobVersionErrorsAlarm", *_METRIC, "Dimensions", 1, "Value", value={"Fn::Sub": "${ApplyFunction}"}),
    put("NewJobVersionErrorsAlarm", *_METRIC, "MetricName", value="Throttles"),
)
def those_alarms_watch_the_new_version_of_every_function_but_poll_at_its_alias(template: Template) -> Iterator[str]:
    newest = versions(template)
    for alarm, names in WATCHED.items():
        queries = template["Resources"][f"{alarm}Alarm"]["Properties"]["Metrics"][1:]
        found = {str(query["MetricStat"]["Metric"]) for query in queries}
        yield from differences(alarm, found, {str(_errors(f"{name}Function", newest)) for name in names})
    yield from differences("watched", set().union(*WATCHED.values()), set(functions(template)) - {"Poll"})


def _errors(function: str, newest: dict[str, str]) -> dict[str, Any]:
    dimensions = {
        "FunctionName": {"Ref": function},
        "Resource": {"Fn::Sub": f"${{{function}}}:live"},
        "ExecutedVersion": {"Fn::GetAtt": [newest[function], "Version"]},
    }
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }
