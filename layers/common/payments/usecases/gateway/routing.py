"""Routing: which gateway gets a payment. The caller chooses it, or the first suitable one of the workspace's list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from payments.domain.records.payment import Attempt, Payment
from payments.domain.values.account import MAIN, Account
from payments.domain.values.money import Money
from payments.domain.values.terms import Terms
from payments.gateways.contract.payments import CanCapture, CanCharge
from payments.gateways.eligibility import eligible, step_minor
from payments.store.contract.workspaces import Workspace
from payments.usecases.errors import (
    AmountBelowMinimum,
    AmountOffStep,
    GatewayNotEligible,
    UnknownGateway,
    UnsupportedByGateway,
    UseCaseError,
)
from payments.usecases.ports import Ports

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway


def choose_account(wanted: str, amount: Money, terms: Terms, workspace: Workspace, ports: Ports) -> Account:
    """The workspace's account at the gateway `wanted`, or if that is "" at the first suitable gateway.

    Raises:
        UnknownGateway: this deployment does not use it.
        GatewayNotEligible: country, currency or method rule it out, or this deployment lacks the workspace's account
            there. `details` has the eligible gateways.
        UnsupportedByGateway: it cannot do what the terms require.
        AmountBelowMinimum, AmountOffStep: it does not take this amount.
    """
    its = accounts_of(workspace, ports)
    if wanted and wanted not in its:
        if wanted in _missing(workspace, ports):
            raise _ineligible_error(wanted, amount, terms, workspace, ports)
        raise UnknownGateway(f"gateway is one of: {', '.join(its)}", gateways=list(its))
    candidates = [wanted] if wanted else gateways_of(workspace, ports)
    may = eligible(candidates, workspace.country, amount.currency, terms.method_type, _today(ports))
    if not may:
        raise _ineligible_error(wanted, amount, terms, workspace, ports)
    reasons: list[UseCaseError] = []
    for name in may:
        reason = unsuitable_error(ports.gateway(its[name]), amount, terms)
        if reason is None:
            return its[name]
        reasons.append(reason)
    raise reasons[0]


def next_account(payment: Payment, attempt: Attempt, workspace: Workspace, ports: Ports) -> Account | None:
    """The account at the next suitable gateway of the list that was not tried; None if there is none."""
    its = accounts_of(workspace, ports)
    tried = {one.gateway for one in payment.attempts}
    currency, method = payment.amount.currency, attempt.terms.method_type
    for name in eligible(gateways_of(workspace, ports), workspace.country, currency, method, _today(ports)):
        if name not in tried and unsuitable_error(ports.gateway(its[name]), payment.amount, attempt.terms) is None:
            return its[name]
    return None


def unsuitable_error(gateway: Gateway, amount: Money, terms: Terms) -> UseCaseError | None:
    """The error to raise where the gateway cannot take this amount on these terms; None where it can."""
    minimum = gateway.minimum_minor.get(amount.currency, 1)
    if amount.minor < minimum:
        return AmountBelowMinimum(
            f"{gateway.name} takes at least {minimum} in {amount.currency} (minor units)", minimum=minimum
        )
    if off := off_step_error(gateway.name, amount):
        return off
    if terms.is_direct and not isinstance(gateway, CanCharge):
        return UnsupportedByGateway(f"{gateway.name} cannot charge a payment_method: leave it out for a checkout")
    if terms.is_manual and not isinstance(gateway, CanCapture):
        return UnsupportedByGateway(f"{gateway.name} takes the money at once: leave capture out, or send auto")
    if (
        terms.is_manual
        and not terms.is_direct
        and isinstance(gateway, CanCapture)
        and not gateway.has_checkout_authorization
    ):
        return UnsupportedByGateway(f"{gateway.name} authorizes a payment_method only: send one")
    return None


def off_step_error(gateway_name: str, amount: Money) -> AmountOffStep | None:
    """The error for an amount that is no multiple of the gateway's step in its currency; None if it is one."""
    step = step_minor(gateway_name, amount.currency)
    if amount.minor % step == 0:
        return None
    return AmountOffStep(f"{gateway_name} takes multiples of {step} in {amount.currency} (minor units)", step=step)


def gateways_of(workspace: Workspace, ports: Ports) -> Sequence[str]:
    """The gateways that this workspace tries, in order.

    It is the deployment's order if the workspace has no list, or if its list has no gateway of this deployment.
    """
    usable, own = accounts_of(workspace, ports), _own(workspace)
    if any(name in ports.gateways for name in own):
        return [name for name in own if name in usable]
    return list(usable)


def accounts_of(workspace: Workspace, ports: Ports) -> dict[str, Account]:
    """The workspace's account at each gateway, by gateway: the listed one, else the deployment's first.

    A gateway whose listed account is not deployed is left out. If a workspace lists its own account, such as
    `phonepe:eu`, it has only the accounts that it lists.
    """
    own = _own(workspace)
    first = {account.gateway: account for account in reversed(ports.accounts)}
    is_merchant_of_its_own = any(account.name != MAIN for account in own.values())
    chosen = own if is_merchant_of_its_own else first | own
    usable = {name: chosen[name] for name in ports.gateways if name in chosen}
    return {name: account for name, account in usable.items() if account in ports.accounts}


def _own(workspace: Workspace) -> dict[str, Account]:
    """The accounts of the workspace's list, by gateway."""
    return {account.gateway: account for account in map(Account.of, workspace.gateways)}


def _missing(workspace: Workspace, ports: Ports) -> dict[str, Account]:
    """The listed accounts that the deployment does not have, by gateway."""
    return {
        name: account
        for name, account in _own(workspace).items()
        if account not in ports.accounts and (name in ports.gateways or account.name != MAIN)
    }


def _set_up(missing: Mapping[str, Account]) -> str:
    accounts = ", ".join(map(str, missing.values()))
    return f"have the operator set up this workspace's account {accounts}, which this deployment lacks"


def _ineligible_error(
    wanted: str, amount: Money, terms: Terms, workspace: Workspace, ports: Ports
) -> GatewayNotEligible:
    its = accounts_of(workspace, ports)
    may = eligible(its, workspace.country, amount.currency, terms.method_type, _today(ports))
    how = f" by {terms.method_type}" if terms.method_type else ""
    instead = f"send gateway {' or '.join(may)}" if may else "no gateway here may: use another currency or method"
    missing = _missing(workspace, ports)
    if missing:
        accounts = " ".join(map(str, missing.values()))
        ports.note("workspace.unserved", level="ERROR", workspace_id=workspace.id, account=accounts)
        instead = f"send gateway {' or '.join(may)}, or {_set_up(missing)}" if may else _set_up(missing)
    what = f"{amount.currency}{how} for a merchant in {workspace.country}"
    none = f"{wanted} does not take {what}" if wanted else f"no gateway of this workspace takes {what}"
    if wanted in missing:
        none = f"this workspace has no account at {wanted}"
    return GatewayNotEligible(
        f"{none}; {instead}",
        gateways=may,
        currency=amount.currency,
        country=workspace.country,
    )


def _today(ports: Ports) -> date:
    return ports.clock.now().date()
