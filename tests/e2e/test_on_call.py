"""Answers of the running stack to AWS's own clients: resources by the template's names, and AWS's error codes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dev.local.testing import blueprint
from tests.e2e.shop import Shop

STACK = "pavati-dev"


def test_the_stack_has_the_templates_parameters_outputs_and_resources(shop: Shop) -> None:
    cloudformation, declared = shop.aws("cloudformation"), blueprint()
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs.keys() == {output.name for output in declared.stack.outputs}
    assert outputs["ApiUrl"] == shop.stack.url
    assert {each["ParameterKey"] for each in stack["Parameters"]} == declared.stack.parameters.keys()
    own = resources_of(cloudformation, STACK)
    nested = [own.pop(name) for name in ("DataStack", "AlarmsStack")]
    for stack_name, of in zip((STACK, *nested), ("", "DataStack", "AlarmsStack"), strict=True):
        names = own if stack_name == STACK else resources_of(cloudformation, stack_name)
        assert names == {each.logical_id: each.physical_id for each in declared.resources if each.stack == of}
        assert names
    (one,) = cloudformation.describe_stack_resources(StackName=STACK, LogicalResourceId="DeadLetters")["StackResources"]
    assert one["PhysicalResourceId"] == "pavati-dev-dead-letters"


def resources_of(cloudformation: Any, stack_name: str) -> dict[str, str]:
    listed = cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}


def test_functions_schedules_queues_and_log_groups_are_the_templates(shop: Shop) -> None:
    declared = blueprint()
    functions = {each["FunctionName"]: each for each in shop.aws("lambda").list_functions()["Functions"]}
    assert functions.keys() == {function.name for function in declared.functions.values()}
    assert functions["pavati-dev-webhook"]["Timeout"] == declared.functions["WebhookFunction"].timeout_seconds
    schedules = shop.aws("scheduler")
    listed = {each["Name"] for each in schedules.list_schedules()["Schedules"]}
    assert listed == {schedule.name for schedule in declared.schedules}
    sweep = schedules.get_schedule(Name="pavati-dev-sweep")
    assert (sweep["ScheduleExpression"], sweep["Target"]["Input"]) == ("rate(1 minute)", '{"job":"sweep"}')
    sqs = shop.aws("sqs")
    (queue,) = sqs.list_queues()["QueueUrls"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert attributes["MessageRetentionPeriod"] == "1209600"
    groups = shop.aws("logs").describe_log_groups()["logGroups"]
    assert {each["logGroupName"] for each in groups} == {group.name for group in declared.log_groups}


def test_the_lines_of_a_request_are_in_its_functions_log_and_in_the_access_log(shop: Shop) -> None:
    answer = shop.ask("GET", "/v1/payments/pay_none", **{"X-Request-ID": "on-call-1"})
    assert answer.http_status == 404
    (line,) = shop.log_lines("status", '{ $.request_id = "on-call-1" && $.message = "request" }')
    assert (line["http_status"], line["code"]) == (404, "not_found")
    group = "/aws/vendedlogs/pavati-dev-http-api"
    pattern = '{ $.route = "GET /v1/payments/{payment_id}" && $.status = "404" }'
    events = shop.aws("logs").filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
    assert events
    assert not [event for event in events if "pay_none" in event["message"]]


@pytest.mark.parametrize(
    ("service", "operation", "wanted", "code"),
    [
        ("cloudformation", "describe_stacks", {"StackName": "none"}, "ValidationError"),
        ("cloudformation", "list_stacks", {}, "NotImplemented"),
        ("logs", "filter_log_events", {"logGroupName": "none"}, "ResourceNotFoundException"),
        ("scheduler", "get_schedule", {"Name": "none"}, "ResourceNotFoundException"),
        ("lambda", "get_function_configuration", {"FunctionName": "none"}, "ResourceNotFoundException"),
        ("sqs", "get_queue_url", {"QueueName": "none"}, "AWS.SimpleQueueService.NonExistentQueue"),
    ],
)
def test_what_is_not_there_is_refused_as_by_aws(
    shop: Shop, service: str, operation: str, wanted: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(shop.aws(service), operation)(**wanted)
    assert refused.value.response["Error"]["Code"] == code


def test_a_function_without_concurrency_answers_nothing_until_it_has_some_again(shop: Shop) -> None:
    functions, name = shop.aws("lambda"), "pavati-dev-health"
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        assert functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
        assert shop.stack.call("GET", "/v1/health").http_status == 503
    finally:
        functions.delete_function_concurrency(FunctionName=name)
    assert shop.stack.call("GET", "/v1/health").http_status == 200
