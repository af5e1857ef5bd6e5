"""Offers: which gateways a workspace may use for an amount, and what each can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from payments.domain.values.account import Account
from payments.domain.values.terms import MethodType
from payments.gateways.contract.errors import Misconfigured, Unavailable
from payments.gateways.contract.gateway import abilities
from payments.gateways.contract.public import NOT_SET_UP, PublicValues
from payments.gateways.eligibility import eligible, methods
from payments.record import record
from payments.store.contract.workspaces import Workspace
from payments.usecases.gateway.routing import accounts_of, gateways_of
from payments.usecases.ports import Ports


@record
class Offer:
    """One gateway. `minimum_minor` and `refund_minimum_minor` are minor units of the requested currency."""

    name: str
    method_types: Sequence[MethodType]
    minimum_minor: int
    refund_minimum_minor: int
    refund_window_days: int
    abilities: Mapping[str, bool]
    is_configured: bool
    client_values: Mapping[str, str]


def list_gateways(workspace: Workspace, currency: str, country: str, minor: int | None, ports: Ports) -> list[Offer]:
    """The gateways of the workspace's list, in the order in which they are tried, then those that a caller must name.

    `country` "" means the workspace's; `minor` None means any amount.
    """
    country, today = country or workspace.country, ports.clock.now().date()
    accounts = accounts_of(workspace, ports)
    names = dict.fromkeys((*gateways_of(workspace, ports), *accounts))
    may = eligible(names, country, currency, None, today)
    offers = [_offer(accounts[name], currency, country, ports) for name in may]
    return [offer for offer in offers if minor is None or minor >= offer.minimum_minor]


def _offer(account: Account, currency: str, country: str, ports: Ports) -> Offer:
    gateway, public = ports.gateway(account), _public(account, ports)
    return Offer(
        name=account.gateway,
        method_types=methods(account.gateway, country, currency, ports.clock.now().date()),
        minimum_minor=gateway.minimum_minor.get(currency, 1),
        refund_minimum_minor=gateway.refund_minimum_minor.get(currency, 1),
        refund_window_days=gateway.refund_window.days,
        abilities=abilities(gateway),
        is_configured=public.is_configured,
        client_values=public.values,
    )


def _public(account: Account, ports: Ports) -> PublicValues:
    """The account's public values; none if they are misconfigured, which is logged. Raises Unavailable."""
    try:
        return ports.public(account)
    except Unavailable as error:
        level = "ERROR" if error.needs_person else "WARNING"
        facts = {"gateway": account.gateway, "account": account.name, "operation": "read_public"}
        ports.note("gateway.failed", level=level, **facts, error=type(error).__name__, why=str(error))
        if not isinstance(error, Misconfigured):
            raise
        return NOT_SET_UP
