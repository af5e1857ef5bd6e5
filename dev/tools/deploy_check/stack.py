"""The stack: whether CloudFormation can create or update it, and what must be removed first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dev.tools.deploy_check.clients import Clients, call
from dev.tools.deploy_check.findings import Refusal
from dev.tools.deploy_check.leftovers import Resource, find_left, how_to_go_on
from dev.tools.deploy_check.settings import Deployment
from dev.tools.expand import Template

_NO_STACK = "does not exist"
_NOT_MADE = ("", "REVIEW_IN_PROGRESS")
_HALF_MADE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
_DELETE = "Delete it; tables, secrets, log groups and the key stay: aws cloudformation delete-stack"
_CURES = {
    **dict.fromkeys(_HALF_MADE, _DELETE),
    "UPDATE_FAILED": "Take the update back: aws cloudformation rollback-stack",
    "UPDATE_ROLLBACK_FAILED": "Mend what its events name: aws cloudformation continue-update-rollback",
}
_USUAL = (*_NOT_MADE, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
_NAMES_SHOWN_MAX = 3


def describe_stack(deployment: Deployment, clients: Clients) -> Mapping[str, Any] | None:
    """The stack, or None. Raises Refusal."""
    found = call(clients, "cloudformation", "describe_stacks", _NO_STACK, StackName=deployment.stack_name)
    return found["Stacks"][0] if found else None


def check_stack(deployment: Deployment, template: Template, clients: Clients) -> str:
    """Whether CloudFormation can create or update the stack. Raises Refusal."""
    stack = describe_stack(deployment, clients)
    status = stack["StackStatus"] if stack else ""
    is_new = status in (*_NOT_MADE, *_HALF_MADE)
    _require_free(status, deployment, find_left(deployment, template, clients) if is_new else [])
    if is_new:
        return f"stack {deployment.stack_name} is not there yet: it is created"
    return f"stack {deployment.stack_name} is {status}: it is updated"


def _require_free(status: str, deployment: Deployment, left: list[Resource]) -> None:
    """Refuse a stack that must be mended or deleted first, and resources that an earlier one left."""
    command = _command_for(status)
    if not (command or left):
        return
    name = deployment.stack_name
    begins = f"stack {name} is {status}" if status else f"there is no stack {name}"
    first = [f"{command} --stack-name {name} --region {deployment.region}"] if command else []
    raise Refusal(f"{begins}{_named(left)}", "\n".join([*first, *how_to_go_on(left, deployment)]))


def _command_for(status: str) -> str:
    """What this status needs first, or ""."""
    if status.endswith("_IN_PROGRESS") and status not in _USUAL:
        return "Wait until it has ended: aws cloudformation describe-stacks"
    return _CURES.get(status, "")


def _named(left: list[Resource]) -> str:
    names = ", ".join(resource.name for resource in left[:_NAMES_SHOWN_MAX])
    more = len(left) - _NAMES_SHOWN_MAX
    return f", and an earlier deployment left {names}{f' and {more} more' * (more > 0)}" if left else ""
