"""Reads an account's parameter `…/public`: the fields of its secret that a browser may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from payments.domain.values.account import Account
from payments.gateways.contract.errors import Misconfigured
from payments.gateways.contract.public import PublicValues
from payments.gateways.facts import facts_of
from payments.gateways.kit.hosts import Deployment
from payments.gateways.kit.secret import Secret

PART, CONFIGURED = "public", "configured"


def read_public(account: Account, deployment: Deployment, read: Callable[[str], Mapping[str, Any]]) -> PublicValues:
    """Return the account's public values. `read` returns a parameter's JSON object; {} means "not configured".

    Raises:
        Misconfigured: a field is malformed; the message names the first one.
        Unavailable: the parameter could not be read now.
    """
    facts, prefix = facts_of(account.gateway), f"{deployment.gateway_secret_prefix}/{account.gateway}/{account.name}"
    fields = [each for each in facts.fields_of(deployment.gateway_mode) if each.name in facts.PUBLIC]
    given = Secret(prefix, read, tuple(replace(each, part=PART, is_needed=False) for each in fields))
    given.check(PART)
    is_configured = read(f"{prefix}/{PART}").get(CONFIGURED, False)
    if not isinstance(is_configured, bool):
        raise Misconfigured(f"{prefix}/{PART}: field {CONFIGURED} is neither true nor false; write it without quotes")
    return PublicValues(is_configured, {name: text for name in facts.PUBLIC if (text := given.text(name))})
