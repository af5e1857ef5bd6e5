"""What an earlier deployment left. Its names are taken, so CloudFormation cannot create them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from dev.tools.deploy_check.clients import ABSENT, Clients, call
from dev.tools.deploy_check.findings import Refusal
from dev.tools.deploy_check.settings import Deployment, complete_values, resolver
from dev.tools.expand import Template
from dev.tools.nested import HOME, STACK

_KEY = "AWS::KMS::Key"
_IMPORT = "docs/settings.md, What stays when a stack goes"


class Resource(NamedTuple):
    kind: str  # CloudFormation's type.
    name: str  # Of a key, its ARN.


def find_left(deployment: Deployment, template: Template, clients: Clients) -> list[Resource]:
    """Nested stacks, tables, secrets, log groups and their keys. Raises Refusal if another stack uses this stage."""
    resolve = resolver(complete_values(deployment, template), template)
    named, keys = [], []
    for resource in _retained(template):
        own, find_key = _FINDERS[resource["Type"]]
        name = resolve(resource["Properties"][own])
        key = find_key(clients, name)
        if key is not None:
            named.append(Resource(resource["Type"], name))
            keys.append(key)
    nested = [Resource(STACK, name) for name in _nested_stacks(deployment, template, clients)]
    return [*nested, *named, *(Resource(_KEY, key) for key in dict.fromkeys(keys) if key)]


def _retained(template: Template) -> Iterator[Mapping[str, Any]]:
    """Resources with a name that outlive their stack. A key has none: no other key is in its way."""
    for resource in template["Resources"].values():
        if resource["Type"] in _FINDERS and resource.get("DeletionPolicy", "").startswith("Retain"):
            yield resource


def _nested_stacks(deployment: Deployment, template: Template, clients: Clients) -> Iterator[str]:
    """Names of the nested stacks with this stage's retained resources."""
    stage = complete_values(deployment, template)["Stage"]
    homes = {resource.get("Metadata", {}).get(HOME) for resource in _retained(template)} - {None}
    stacks = list(_all_stacks(clients))
    names = {stack["StackId"]: stack["StackName"] for stack in stacks}
    for stack in stacks:
        is_of_stage = {"ParameterKey": "Stage", "ParameterValue": stage} in stack.get("Parameters", ())
        if is_of_stage and any(f"-{home}-" in stack["StackName"] for home in homes):
            _refuse_other(names.get(stack.get("ParentId")), stage, deployment)
            yield stack["StackName"]


def _all_stacks(clients: Clients) -> Iterator[Mapping[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = call(clients, "cloudformation", "describe_stacks", **token)
        yield from page["Stacks"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _refuse_other(parent: str | None, stage: str, deployment: Deployment) -> None:
    if parent not in (None, deployment.stack_name):
        same = f'To deploy to that stack, write stack_name = "{parent}" in {deployment.place}.'
        other = "For a second deployment, use another Stage: all names begin with it."
        why = f"stage {stage} belongs to stack {parent}, not to {deployment.stack_name}"
        raise Refusal(why, f"{same}\n{other}")


def _key_of_table(clients: Clients, name: str) -> str | None:
    """ARN of the key that encrypts it, "" if it has none; None if there is no such table. Below likewise."""
    found = call(clients, "dynamodb", "describe_table", ABSENT, TableName=name)
    return str(found["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn", "")) if found else None


def _key_of_secret(clients: Clients, name: str) -> str | None:
    found = call(clients, "secretsmanager", "describe_secret", ABSENT, SecretId=name)
    return str(found.get("KmsKeyId", "")) if found else None


def _key_of_log_group(clients: Clients, name: str) -> str | None:
    groups = call(clients, "logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    return next((group.get("kmsKeyId", "") for group in groups if group["logGroupName"] == name), None)


_FINDERS: dict[str, tuple[str, Callable[[Clients, str], str | None]]] = {
    "AWS::DynamoDB::Table": ("TableName", _key_of_table),
    "AWS::SecretsManager::Secret": ("Name", _key_of_secret),
    "AWS::Logs::LogGroup": ("LogGroupName", _key_of_log_group),
}  # Type: the property with its name, and the call that finds it.

_REMOVALS = {
    STACK: ("aws cloudformation delete-stack --stack-name NAME",),
    "AWS::DynamoDB::Table": (
        "aws dynamodb update-table --no-deletion-protection-enabled --table-name NAME",
        "aws dynamodb delete-table --table-name NAME",
    ),
    "AWS::SecretsManager::Secret": (
        "aws secretsmanager delete-secret --force-delete-without-recovery --secret-id NAME",
    ),
    "AWS::Logs::LogGroup": ("aws logs delete-log-group --log-group-name NAME",),
    _KEY: ("aws kms schedule-key-deletion --pending-window-in-days 30 --key-id NAME",),
}  # In the order in which they are to be run.


def how_to_go_on(left: list[Resource], deployment: Deployment) -> Iterator[str]:
    """Lines: the choices, and the command that deletes each resource."""
    if not left:
        return
    yield "CloudFormation cannot create what is there already. Choose one:"
    yield f"- A payment was made there: delete nothing. Import what is left: {_IMPORT}."
    if deployment.stage != "production":
        yield "- You want to keep it and start anew: deploy with another Stage. All names begin with it."
    yield "- No payment was ever made there: delete what is left, in this order, and run this check again."
    for kind, commands in _REMOVALS.items():
        names = [resource.name for resource in left if resource.kind == kind]
        if names:
            yield f"  For each NAME of: {' '.join(names)}"
            yield from (f"    {command} --region {deployment.region}" for command in commands)
