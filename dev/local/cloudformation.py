"""CloudFormation: the stack and what it nests, as the templates say."""

from datetime import UTC, datetime
from typing import Any

from dev.local.blueprint import Blueprint, OutputSpec, ResourceSpec
from dev.local.protocol import Given, Refusal, Service
from dev.local.template import stack_arn
from dev.tools.nested import STACK

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
        nested = dict.fromkeys(each.stack for each in blueprint.resources if each.stack)
        self._names = {"": blueprint.stack_name} | {each: f"{blueprint.stack_name}-{each}" for each in nested}

    def describe(self, given: Given) -> Given:
        if "StackName" in given and self._named(given["StackName"]):
            raise Refusal("NotImplemented", "Of a nested stack only the resources are known locally")
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
        stack, wanted = self._named(given.get("StackName", "")), given.get("LogicalResourceId")
        listed = [each for each in self._blueprint.resources if each.stack == stack]
        if not stack:
            listed += [ResourceSpec(each, STACK, stack_arn(name)) for each, name in self._names.items() if each]
        found = [self._resource(each) for each in listed if wanted in (None, each.logical_id)]
        if wanted and not found:
            raise Refusal("ValidationError", f"Resource {wanted} does not exist for stack {given['StackName']}")
        return {"StackResources": found}

    def list_resources(self, given: Given) -> Given:
        return {"StackResourceSummaries": self.describe_resources(given)["StackResources"]}

    def _named(self, given_name: str) -> str:
        """The nested stack's logical id; empty for the stack itself."""
        for logical_id, name in self._names.items():
            if given_name in (name, stack_arn(name)):
                return logical_id
        raise Refusal("ValidationError", f"Stack with id {given_name} does not exist")

    def _resource(self, resource: ResourceSpec) -> dict[str, Any]:
        name = self._names[resource.stack]
        return {
            "StackName": name,
            "StackId": stack_arn(name),
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
