"""The stacks as AWS's own client sees them: names, parents, parameters, outputs and resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dev.local.blueprint import nested_name
from dev.local.cloudformation import service
from dev.local.testing import blueprint
from gateway_simulators.kit.serving import Server

DATA, ALARMS = (nested_name("pavati-dev", name) for name in ("DataStack", "AlarmsStack"))
DECLARED = blueprint()


@pytest.fixture(scope="module")
def cloudformation() -> Iterator[Any]:
    server = Server(0, service(DECLARED))
    server.start()
    session = boto3.Session("key", "secret", region_name="ap-south-1")
    yield session.client("cloudformation", endpoint_url=f"http://127.0.0.1:{server.port}")
    server.shutdown()
    server.server_close()


def described(cloudformation: Any, name: str) -> dict[str, Any]:
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    found: dict[str, Any] = stack
    return found


def by_key(stack: dict[str, Any], kind: str) -> dict[str, str]:
    return {each[f"{kind}Key"]: each[f"{kind}Value"] for each in stack[f"{kind}s"]}


def test_a_nested_stack_is_named_as_by_aws_and_always_the_same() -> None:
    assert DATA.startswith("pavati-dev-DataStack-")
    suffix = DATA.rpartition("-")[2]
    assert (len(suffix), suffix.isalnum(), suffix.isupper()) == (12, True, True)
    assert nested_name("pavati-dev", "DataStack") == DATA
    assert nested_name("pavati-sandbox", "DataStack").rpartition("-")[2] != suffix


def test_without_a_name_all_stacks_are_described(cloudformation: Any) -> None:
    stacks = cloudformation.describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["pavati-dev", DATA, ALARMS]


@pytest.mark.parametrize("name", [DATA, ALARMS])
def test_a_nested_stack_names_its_parent_and_is_found_by_its_id(cloudformation: Any, name: str) -> None:
    itself, nested = described(cloudformation, "pavati-dev"), described(cloudformation, name)
    assert "ParentId" not in itself
    assert nested["ParentId"] == nested["RootId"] == itself["StackId"]
    assert described(cloudformation, nested["StackId"]) == nested
    assert nested["Description"].startswith("Pavati, ")


def test_parameters_go_down_and_outputs_come_up(cloudformation: Any) -> None:
    data, alarms = described(cloudformation, DATA), described(cloudformation, ALARMS)
    assert by_key(data, "Parameter") == {"Stage": "dev", "DeletionProtection": "false"}
    outputs = by_key(data, "Output")
    assert outputs["WorkspacesTable"] == by_key(alarms, "Parameter")["WorkspacesTable"] == "pavati-dev-workspaces"
    assert outputs["WorkspacesTableArn"].endswith(":table/pavati-dev-workspaces")


@pytest.mark.parametrize(("operation", "field"), [("describe_stack_resources", "StackResources"),
                                                  ("list_stack_resources", "StackResourceSummaries")])  # fmt: skip
def test_each_stack_has_its_own_resources_and_the_parent_the_nested_stacks(
    cloudformation: Any, operation: str, field: str
) -> None:
    for name, of in (("pavati-dev", ""), (DATA, "DataStack"), (ALARMS, "AlarmsStack")):
        listed = getattr(cloudformation, operation)(StackName=name)[field]
        found = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}
        stacks = {} if of else {each: stack.arn for each, stack in DECLARED.nested.items()}
        assert found == {each.logical_id: each.physical_id for each in DECLARED.resources if each.stack == of} | stacks
        assert found


def test_one_resource_is_described_by_its_logical_id(cloudformation: Any) -> None:
    describe = cloudformation.describe_stack_resources
    (table,) = describe(StackName=DATA, LogicalResourceId="WorkspacesTable")["StackResources"]
    assert (table["PhysicalResourceId"], table["StackName"]) == ("pavati-dev-workspaces", DATA)
    with pytest.raises(ClientError, match="Resource WorkspacesTable does not exist for stack pavati-dev"):
        describe(StackName="pavati-dev", LogicalResourceId="WorkspacesTable")


@pytest.mark.parametrize("name", ["pavati-dev-DataStack", "none"])
def test_a_name_without_its_suffix_is_no_stack(cloudformation: Any, name: str) -> None:
    with pytest.raises(ClientError, match=f"Stack with id {name} does not exist"):
        cloudformation.describe_stacks(StackName=name)
