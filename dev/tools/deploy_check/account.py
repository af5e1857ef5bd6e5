"""The AWS account: the caller, the region, Lambda's concurrency, and the stack."""

from __future__ import annotations

from dev.tools.deploy_check.clients import ABSENT, Clients, call
from dev.tools.deploy_check.findings import Finding, Refusal, find, has_failure
from dev.tools.deploy_check.settings import Deployment, complete_values
from dev.tools.deploy_check.stack import check_stack
from dev.tools.expand import Template

REGIONS = ("ap-south-1", "ap-south-2")
UNRESERVED_LEAST = 100  # Lambda refuses a reservation that leaves less.


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
        clients, "lambda", "get_function_concurrency", ABSENT, FunctionName=f"pavati-{values['Stage']}-webhook"
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
