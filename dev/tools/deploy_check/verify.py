"""Checks of a deployed stack: outputs, health, the webhook's proof, and in sandbox mode one payment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from dev.tools.deploy_check.account import check_region
from dev.tools.deploy_check.clients import Clients
from dev.tools.deploy_check.findings import FAIL, LEFT_OUT, Finding, Refusal, find
from dev.tools.deploy_check.settings import Deployment
from dev.tools.deploy_check.stack import describe_stack
from dev.tools.deploy_check.web import read_object, request
from payments.domain.values.account import Account
from payments.gateways.facts import facts_of

_OUTPUTS = ("ApiUrl", "PhonePeWebhookUrl")
_DEPLOYED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_COMPLETE")
_WRONG_PROOF = "0" * 64  # In the form of PhonePe's own proof.


@dataclass(frozen=True, slots=True)
class Stack:
    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]


def find_in_stack(deployment: Deployment, clients: Clients, environment: Mapping[str, str]) -> list[Finding]:
    """All checks of the stack. Without its outputs the others are left out."""
    try:
        stack = read_stack(deployment, clients)
    except Refusal as refusal:
        return [Finding(FAIL, refusal.text, refusal.cure)]
    return [
        find(lambda: f"stack {stack.name}: {stack.outputs['ApiUrl']}"),
        find(lambda: check_health(stack)),
        find(lambda: check_webhook(stack)),
        find_payment(stack, environment),
    ]


def read_stack(deployment: Deployment, clients: Clients) -> Stack:
    """The stack's outputs and parameters. Raises Refusal."""
    check_region(deployment)
    found = describe_stack(deployment, clients)
    name, cure = deployment.stack_name, f"make deploy STAGE={deployment.stage}"
    if found is None:
        raise Refusal(f"there is no stack {name} in {deployment.region}", cure)
    if found["StackStatus"] not in _DEPLOYED:
        raise Refusal(
            f"stack {name} is {found['StackStatus']}", f"make deploy-check STAGE={deployment.stage} says more"
        )
    outputs = _by_name(found, "Output")
    if missing := [output for output in _OUTPUTS if output not in outputs]:
        raise Refusal(f"stack {name} has no output {', '.join(missing)}", f"it is no stack of this template: {cure}")
    return Stack(name, outputs, _by_name(found, "Parameter"))


def _by_name(stack: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {each[f"{kind}Key"]: each.get(f"{kind}Value", "") for each in stack.get(f"{kind}s", ())}


def check_health(stack: Stack) -> str:
    """Check GET /v1/health. Raises Refusal."""
    response = request("GET", f"{stack.outputs['ApiUrl']}/v1/health")
    body = read_object(response) or {}
    if (response.status_code, body.get("status")) != (200, "ok"):
        raise Refusal(f"GET /v1/health answers {_summary(response)}", "read the log group of the function health")
    return f"GET /v1/health: ok, version {body.get('version')}"


def check_webhook(stack: Stack) -> str:
    """Check that PhonePe's route exists, needs no token, and refuses a wrong proof. Raises Refusal."""
    url = stack.outputs["PhonePeWebhookUrl"]
    response = request("POST", url, json={}, headers={"authorization": _WRONG_PROOF})
    if response.status_code != 401:
        cure = _WEBHOOK_CURES.get(response.status_code, "read the log group of the function webhook")
        raise Refusal(f"a webhook with a wrong proof is answered {_summary(response)}, not 401", cure)
    if _error(response).get("code") != "invalid_signature":
        cure = "PhonePe brings no token: the route must have no authorizer"
        raise Refusal("the webhook's 401 is not the function's own", cure)
    return f"POST {url}: a wrong proof is refused with 401"


_WEBHOOK_CURES = {
    200: "do not take payments: the proof is not checked",
    404: "the address does not lead to this stack: check PublicBaseUrl and its domain",
}


def find_payment(stack: Stack, environment: Mapping[str, str]) -> Finding:
    """Create a payment, in sandbox mode only."""
    mode = stack.parameters.get("GatewayMode", "")
    if mode != "sandbox":
        return Finding(LEFT_OUT, f"a payment: GatewayMode is {mode}, and one is made in sandbox only")
    token, workspace = environment.get("TOKEN", ""), environment.get("WORKSPACE", "")
    if not (token and workspace):
        cure = (
            f"give both: TOKEN=… WORKSPACE=ws_shop make deploy-verify STAGE={stack.parameters.get('Stage', 'sandbox')}"
        )
        return Finding(LEFT_OUT, "a payment: it needs TOKEN, a member's access token, and WORKSPACE", cure)
    return find(lambda: create_payment(stack, token, workspace))


def create_payment(stack: Stack, token: str, workspace: str) -> str:
    """Create a payment of the least amount and leave it unpaid: it expires. Raises Refusal."""
    key = f"verify-{secrets.token_hex(8)}"
    headers = {"authorization": f"Bearer {token}", "x-tenant-id": workspace, "idempotency-key": key}
    body = least_payment(stack.parameters) | {"merchant_order_id": key}
    response = request("POST", f"{stack.outputs['ApiUrl']}/v1/payments", json=body, headers=headers)
    created = read_object(response) or {}
    if response.status_code != 201:
        raise Refusal(f"POST /v1/payments answers {_summary(response)}", _payment_cure(response))
    least = f"{body['amount']} {body['currency']}, minor units"
    return f"payment {created.get('payment_id')} at {body['gateway']} of {least}: left unpaid, it expires"


def least_payment(parameters: Mapping[str, str]) -> dict[str, Any]:
    """The least amount of the first gateway, in rupees where it accepts them."""
    gateway = Account.of(parameters["Gateways"].split(",")[0].strip()).gateway
    facts = facts_of(gateway)
    currencies = {currency for row in facts.ROWS for currency in row.currencies}
    currency = "INR" if "INR" in currencies else min(currencies)
    step = facts.STEPS.get(currency, 1)
    amount = -(-facts.MINIMUMS.payment.get(currency, 1) // step) * step
    return {"gateway": gateway, "amount": amount, "currency": currency, "return_url": _return_url(parameters)}


def _return_url(parameters: Mapping[str, str]) -> str:
    """From the first https origin: others are allowed only on a developer's machine."""
    origins = [origin.strip() for origin in parameters["ReturnUrlAllowList"].split(",")]
    return f"{next((origin for origin in origins if origin.startswith('https://')), origins[0])}/"


def _payment_cure(response: httpx.Response) -> str:
    return _PAYMENT_CURES.get(response.status_code, "docs/api.md explains the code; the function initiate logs why")


_PAYMENT_CURES: dict[int, str] = {
    401: "TOKEN must be fresh, of JwtIssuer, and for JwtAudience",
    403: "the token's sub must be a member of WORKSPACE: python -m dev.tools.workspace add-member",
    503: "fill the gateway's secrets (README, Deploy); functions see new ones within five minutes",
}


def _error(response: httpx.Response) -> Mapping[str, Any]:
    found = (read_object(response) or {}).get("error")
    return found if isinstance(found, dict) else {}


def _summary(response: httpx.Response) -> str:
    """HTTP status, and the error's code and text."""
    error = _error(response)
    return " ".join(filter(None, (str(response.status_code), error.get("code"), error.get("message"))))
