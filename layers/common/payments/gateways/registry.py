"""The list of gateways, and how one is built. A function imports only the gateways that it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from payments.domain.values.account import MAIN, Account
from payments.domain.values.clock import Clock
from payments.gateways.contract.errors import GatewayError
from payments.gateways.facts import Row, facts_of
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.reporting import FETCH_TOKEN, FailedCall, OnAnswered, OnFailed, ignore, watch
from payments.gateways.transport.token_vault import TokenVault
from payments.record import record

if TYPE_CHECKING:
    import httpx

    from payments.gateways.contract.gateway import Gateway

# The order sets the simulators' ports: the n-th gateway (from 0) listens n ports above SIMULATOR_URL's.
GATEWAYS = (
    "phonepe",
    "razorpay",
    "paypal",
    "stripe",
    "square",
)


def all_rows() -> tuple[Row, ...]:
    """Return the eligibility rows of every gateway."""
    return tuple(row for name in GATEWAYS for row in facts_of(name).ROWS)


class UnknownGatewayName(LookupError):
    """No gateway has this name or alias. The message lists the known names."""


@record
class GatewayParts:
    """The ports from which a gateway account is built. `read_secret` returns a secret's JSON object by its name."""

    settings: Any  # The deployment's, typed by kit/hosts.py.
    read_secret: Callable[[str], Mapping[str, Any]]
    vault: TokenVault
    clock: Clock
    deadline: Deadline
    on_renewal_failed: Callable[[], None] = lambda: None  # Called when no new access token could be fetched.
    on_failed: OnFailed = ignore
    on_answered: OnAnswered = ignore
    transport: httpx.BaseTransport | None = None  # Tests pass a simulator.
    account: str = MAIN

    def token_failed(self, gateway: str, error: GatewayError, is_covered: bool) -> None:
        """Count the failure. Report it only if an older token is still valid: otherwise the operation reports it."""
        self.on_renewal_failed()
        if is_covered:
            self.on_failed(FailedCall(gateway, FETCH_TOKEN, error))


def simulator_url(first: str, name: str) -> str:
    """Return the URL of the simulator of `name`; `first` is the URL of the first gateway's."""
    ports_on = GATEWAYS.index(name)
    origin, _, port = first.rpartition(":")
    return f"{origin}:{int(port) + ports_on}" if ports_on else first


def build_gateway(account: Account, parts: GatewayParts) -> Gateway:
    """Return the account's gateway, with reports of its operations. Raises UnknownGatewayName."""
    module = import_module(f"payments.gateways.{_canonical_name(account.gateway)}")
    its = replace(parts, account=account.name, on_failed=_with_account(parts.on_failed, account))
    return watch(cast("Gateway", module.build(its)), its.on_failed, its.on_answered)


def _canonical_name(name: str) -> str:
    """Return the gateway's name; `name` may be an alias. Raises UnknownGatewayName."""
    if name in GATEWAYS:
        return name
    for known in GATEWAYS:
        if name in facts_of(known).ALIASES:
            return known
    raise UnknownGatewayName(f"no gateway {name!r}; there are: {', '.join(GATEWAYS)}")


def _with_account(on_failed: OnFailed, account: Account) -> OnFailed:
    return lambda failed: on_failed(replace(failed, account=account.name))
