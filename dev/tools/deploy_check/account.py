"""The AWS account: the caller, the region, Lambda's concurrency, and existing resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from dev.tools.deploy_check.findings import Finding, Refusal, find, has_failure
from dev.tools.deploy_check.settings import Deployment, complete_values, resolver
from dev.tools.expand import Template

Clients = Callable[[str], Any]  # Makes a client from a service's name.
Left = list[tuple[str, str]]  # Type and name of each resource.

REGIONS = ("ap-south-1", "ap-south-2")
UNRESERVED_LEAST = 100  # Lambda refuses a reservation that leaves less.
_ABSENT = "ResourceNotFoundException"
_NO_STACK = "does not exist"
_CREDENTIALS = "set AWS_PROFILE, or the keys in the environment, and try aws sts get-caller-identity"


def open_clients(deployment: Deployment) -> Clients:
    """Clients for the stack's region. boto3 reads AWS_PROFILE and AWS_ENDPOINT_URL itself."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 2})
    options: dict[str, Any] = {"region_name": deployment.region, "config": config}

    @cache
    def open_client(service: str) -> Any:
        return cast(Any, boto3.Session(profile_name=deployment.profile)).client(service, **options)

    return open_client


def call(clients: Clients, service: str, operation: str, absent: str = "", **request: Any) -> Any:
    """The answer; None if AWS's error has the text `absent`. Raises Refusal."""
    try:
        return getattr(clients(service), operation)(**request)
    except ClientError as error:
        if absent and absent in str(error):
            return None
        raise Refusal(f"AWS refuses {operation}: {error}", f"allow it to your identity, or {_CREDENTIALS}") from error
    except (BotoCoreError, ValueError) as error:  # ValueError: the region gives no valid address.
        raise Refusal(f"AWS cannot be reached for {operation}: {error}", _CREDENTIALS) from error


def find_in_account(deployment: Deployment, template: Template, clients: Clients) -> list[Finding]:
    """All checks of the account. Without a valid region or an identity the others are left out."""
    found = [find(lambda: check_region(deployment))]
    if not has_failure(found):
        found.append(find(lambda: check_identity(deployment, clients)))
    if has_failure(found):
        return found
    steps = (check_concurrency, check_stack)
    return [*found, *(find(lambda step=step: step(deployment, template, clients)) for step in steps)]  # type: ignore[misc]


def check_region(deployment: Deployment) -> str:
    if deployment.region not in REGIONS:
        cure = f"data about payments made in India stays there: set region to {' or '.join(REGIONS)}"
        raise Refusal(f"the region is {deployment.region or 'not set'}", cure)
    return f"region {deployment.region}"


def check_identity(deployment: Deployment, clients: Clients) -> str:
    caller = call(clients, "sts", "get_caller_identity")
    return f"account {caller['Account']} in {deployment.region}, as {caller['Arn']}"


def check_concurrency(deployment: Deployment, template: Template, clients: Clients) -> str:
    values = complete_values(deployment, template)
    if not values["WebhookConcurrency"].isdecimal():
        raise Refusal(f"WebhookConcurrency is {values['WebhookConcurrency']!r}", "it must be a whole number, like 20")
    wanted = int(values["WebhookConcurrency"])
    limit = call(clients, "lambda", "get_account_settings")["AccountLimit"]
    reserved = call(
        clients, "lambda", "get_function_concurrency", _ABSENT, FunctionName=f"pavati-{values['Stage']}-webhook"
    )
    free = limit["UnreservedConcurrentExecutions"] + (reserved or {}).get("ReservedConcurrentExecutions", 0)
    if wanted and free - wanted < UNRESERVED_LEAST:
        _refuse_reservation(wanted, free, limit["ConcurrentExecutions"])
    return f"concurrency {limit['ConcurrentExecutions']}: {wanted} reserved for webhooks, {free - wanted} left"


def _refuse_reservation(wanted: int, free: int, limit: int) -> None:
    left = f"leaves {max(free - wanted, 0)} of {limit} unreserved"
    raise Refusal(
        f"WebhookConcurrency {wanted} {left}; Lambda wants {UNRESERVED_LEAST}",
        "set WebhookConcurrency=0, as a new account with 10 must, or ask for a higher limit in Service Quotas",
    )


def describe_stack(deployment: Deployment, clients: Clients) -> Mapping[str, Any] | None:
    """The stack, or None. Raises Refusal."""
    found = call(clients, "cloudformation", "describe_stacks", _NO_STACK, StackName=deployment.stack_name)
    return found["Stacks"][0] if found else None


def check_stack(deployment: Deployment, template: Template, clients: Clients) -> str:
    """Whether CloudFormation can create or update the stack. Raises Refusal."""
    stack = describe_stack(deployment, clients)
    status = stack["StackStatus"] if stack else ""
    if status not in (*_NOT_MADE, *_HALF_MADE):
        _require_free(status, deployment, [])
        return f"stack {deployment.stack_name} is {status}: it is updated"
    left = list(retained(deployment, template, clients))
    _require_free(status, deployment, left)
    return f"stack {deployment.stack_name} is not there yet: it is created"


def _require_free(status: str, deployment: Deployment, left: Left) -> None:
    """Refuse a stack that must be removed first, and resources that an earlier one left."""
    cure = _cure_of(status)
    if not (cure or left):
        return
    name = deployment.stack_name
    begins = f"stack {name} is {status}" if status else f"there is no stack {name}"
    options = f" --stack-name {name} --region {deployment.region}" if cure else ""
    first = f"{cure or 'CloudFormation cannot create them again'}{options}"
    raise Refusal(f"{begins}{_named(left)}", f"{first}{_removing(left, deployment)}")


_NOT_MADE = ("", "REVIEW_IN_PROGRESS")
_HALF_MADE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
_DELETE = "remove it, its tables and secrets stay: aws cloudformation delete-stack"
_CURES = {
    **dict.fromkeys(_HALF_MADE, _DELETE),
    "UPDATE_FAILED": "take the update back: aws cloudformation rollback-stack",
    "UPDATE_ROLLBACK_FAILED": "mend what its events name: aws cloudformation continue-update-rollback",
}
_USUAL = (*_NOT_MADE, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")


def _cure_of(status: str) -> str:
    """The command that this status needs first, or ""."""
    if status.endswith("_IN_PROGRESS") and status not in _USUAL:
        return "wait until it has ended: aws cloudformation describe-stacks"
    return _CURES.get(status, "")


_NAMES = {
    "AWS::DynamoDB::Table": ("TableName", "dynamodb", "describe_table", "TableName"),
    "AWS::SecretsManager::Secret": ("Name", "secretsmanager", "describe_secret", "SecretId"),
}  # Type: the property with its name, and the call that tells whether the resource exists.


def retained(deployment: Deployment, template: Template, clients: Clients) -> Iterator[tuple[str, str]]:
    """Type and name of resources that an earlier deployment left: named ones outlive their stack."""
    resolve = resolver(complete_values(deployment, template), template)
    for resource in template["Resources"].values():
        kind = resource["Type"]
        if kind in _NAMES and resource.get("DeletionPolicy", "").startswith("Retain"):
            own, service, operation, field = _NAMES[kind]
            name = resolve(resource["Properties"][own])
            if call(clients, service, operation, _ABSENT, **{field: name}):
                yield kind, name


def _named(left: Left) -> str:
    names = ", ".join(name for _, name in left)
    return f"; an earlier deployment left {names}" if left else ""


_REMOVALS = {
    "AWS::DynamoDB::Table": (
        "aws dynamodb update-table --no-deletion-protection-enabled --table-name NAME --region REGION",
        "aws dynamodb delete-table --table-name NAME --region REGION",
    ),
    "AWS::SecretsManager::Secret": (
        "aws secretsmanager delete-secret --force-delete-without-recovery --secret-id NAME --region REGION",
    ),
}


def _removing(left: Left, deployment: Deployment) -> str:
    """How to remove the resources, with a warning."""
    commands = [line for kind in dict.fromkeys(kind for kind, _ in left) for line in _REMOVALS[kind]]
    warning = ["If a payment was ever made there, keep all of it and import it into the stack. If not, for each NAME:"]
    lines = (warning + commands) if left else []
    return "".join(f"\n{line.replace('REGION', deployment.region)}" for line in lines)
