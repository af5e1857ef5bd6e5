"""CloudFormation: the one stack there is, as its template says."""

from datetime import UTC, datetime
from typing import Any

from dev.local.blueprint import Blueprint, OutputSpec, ResourceSpec
from dev.local.protocol import Given, Refusal, Service
from dev.local.template import stack_arn

_STATUS = "CREATE_COMPLETE"


def service(blueprint: Blueprint, began_at: datetime | None = None) -> Service:
    stack = _Stack(blueprint, began_at or datetime.now(UTC))
    return Service(
        "cloudformation",
        {
            "DescribeStacks": stack.describe,
            "DescribeStackResources": stack.describe_resources,
            "ListStackResources": stack.list_resources,
        },
    )


class _Stack:
    def __init__(self, blueprint: Blueprint, began_at: datetime) -> None:
        self._blueprint = blueprint
        self._began_at = began_at

    def describe(self, given: Given) -> Given:
        if "StackName" in given:
            self._require(given["StackName"])
        blueprint = self._blueprint
        stack = {
            "StackId": stack_arn(blueprint.stack_name),
            "StackName": blueprint.stack_name,
            "Description": blueprint.description,
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value} for name, value in blueprint.parameters.items()
            ],
            "CreationTime": self._began_at,
            "StackStatus": _STATUS,
            "Outputs": [_output(output) for output in blueprint.outputs],
        }
        return {"Stacks": [stack]}

    def describe_resources(self, given: Given) -> Given:
        self._require(given.get("StackName", ""))
        wanted = given.get("LogicalResourceId")
        found = [self._resource(each) for each in self._blueprint.resources if wanted in (None, each.logical_id)]
        if wanted and not found:
            raise Refusal("ValidationError", f"Resource {wanted} does not exist for stack {given['StackName']}")
        return {"StackResources": found}

    def list_resources(self, given: Given) -> Given:
        return {"StackResourceSummaries": self.describe_resources(given)["StackResources"]}

    def _require(self, name: str) -> None:
        if name not in (self._blueprint.stack_name, stack_arn(self._blueprint.stack_name)):
            raise Refusal("ValidationError", f"Stack with id {name} does not exist")

    def _resource(self, resource: ResourceSpec) -> dict[str, Any]:
        return {
            "StackName": self._blueprint.stack_name,
            "StackId": stack_arn(self._blueprint.stack_name),
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resource.physical_id,
            "ResourceType": resource.kind,
            "Timestamp": self._began_at,
            "LastUpdatedTimestamp": self._began_at,
            "ResourceStatus": _STATUS,
        }


def _output(output: OutputSpec) -> dict[str, str]:
    described = {"Description": output.description} if output.description else {}
    return {"OutputKey": output.name, "OutputValue": output.value, **described}
