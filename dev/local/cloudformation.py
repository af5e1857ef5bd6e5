"""CloudFormation: the stack and its nested stacks, as the templates say. Each is complete from the start."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from dev.local.blueprint import Blueprint, OutputSpec, ResourceSpec, StackSpec
from dev.local.protocol import Given, Refusal, Service
from dev.tools.nested import STACK

_STATUS = "CREATE_COMPLETE"
_ITSELF = ""  # In place of a nested stack's logical id.


def service(blueprint: Blueprint, began_at: datetime | None = None) -> Service:
    stacks = _Stacks(blueprint, began_at or datetime.now(UTC))
    return Service(
        "cloudformation",
        {
            "DescribeStacks": stacks.describe,
            "DescribeStackResources": stacks.describe_resources,
            "ListStackResources": stacks.list_resources,
        },
    )


class _Stacks:
    def __init__(self, blueprint: Blueprint, began_at: datetime) -> None:
        self._resources = blueprint.resources
        self._began_at = began_at
        self._stacks = {_ITSELF: blueprint.stack, **blueprint.nested}  # By logical id.

    def describe(self, given: Given) -> Given:
        """The named stack; without a name, all of them."""
        chosen = [self._find(given["StackName"])] if "StackName" in given else self._stacks
        return {"Stacks": [self._described(logical_id) for logical_id in chosen]}

    def describe_resources(self, given: Given) -> Given:
        name, wanted = given.get("StackName", ""), given.get("LogicalResourceId")
        found = [each for each in self._listed(self._find(name)) if wanted in (None, each["LogicalResourceId"])]
        if wanted and not found:
            raise Refusal("ValidationError", f"Resource {wanted} does not exist for stack {name}")
        return {"StackResources": found}

    def list_resources(self, given: Given) -> Given:
        return {"StackResourceSummaries": self.describe_resources(given)["StackResources"]}

    def _find(self, name: str) -> str:
        """The logical id of the stack with this name or ARN. Raises Refusal."""
        for logical_id, stack in self._stacks.items():
            if name in (stack.name, stack.arn):
                return logical_id
        raise Refusal("ValidationError", f"Stack with id {name} does not exist")

    def _described(self, logical_id: str) -> dict[str, Any]:
        stack = self._stacks[logical_id]
        return {
            "StackId": stack.arn,
            "StackName": stack.name,
            "Description": stack.description,
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in stack.parameters.items()],
            "CreationTime": self._began_at,
            "StackStatus": _STATUS,
            "Outputs": [_output(output) for output in stack.outputs],
            **self._parent(logical_id),
        }

    def _parent(self, logical_id: str) -> dict[str, str]:
        itself = self._stacks[_ITSELF].arn
        return {} if logical_id == _ITSELF else {"ParentId": itself, "RootId": itself}

    def _listed(self, logical_id: str) -> Iterator[dict[str, Any]]:
        """The resources of a stack. The stack itself has its nested stacks among them."""
        for resource in self._resources:
            if resource.stack == logical_id:
                yield self._resource(self._stacks[logical_id], resource)
        nested = {name: stack for name, stack in self._stacks.items() if name != _ITSELF}
        for name, stack in nested.items() if logical_id == _ITSELF else ():
            yield self._resource(self._stacks[_ITSELF], ResourceSpec(name, STACK, stack.arn))

    def _resource(self, stack: StackSpec, resource: ResourceSpec) -> dict[str, Any]:
        return {
            "StackName": stack.name,
            "StackId": stack.arn,
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
