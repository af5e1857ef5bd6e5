"""Creates tables, secrets, parameters and state machines that the template declares, and seeds workspaces."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from dev.local.blueprint import ACCOUNT, MachineSpec, SecretSpec, TableSpec
from dev.local.credentials import document_named, gateway_of
from dev.local.options import FURTHER_ACCOUNTS
from dev.tools.workspace.changes import Author, save
from dev.tools.workspace.commands import add_member, create
from dev.tools.workspace.state import get_state
from gateway_simulators import GATEWAYS
from payments.domain.records.case import DEPLOYMENT
from payments.domain.records.workspace import DEFAULTS
from payments.domain.values.account import MAIN, Account
from payments.store.dynamodb.client import FencedClient

SEEDED_AT = datetime(2026, 1, 1, tzinfo=UTC)  # In tests, which need the same events each time.
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/local"  # Nothing checks permissions here.
_SECONDS = {"owner2": "owner", "finance2": "finance"}
_TEAM = {name: name for name in ("owner", "admin", "finance", "support", "member")} | _SECONDS


@dataclass(frozen=True)
class _Workspace:
    country: str
    gateways: tuple[str, ...]  # In the order of preference.
    members: Mapping[str, str]


WORKSPACES = {
    "ws_demo": _Workspace("IN", ("phonepe", "razorpay"), _TEAM),
    "ws_us": _Workspace("US", ("stripe", "square", "paypal"), _TEAM),
    "ws_other": _Workspace("IN", ("phonepe",), {"other_owner": "owner", "other_owner2": "owner"}),
}
_LISTED = {name for workspace in WORKSPACES.values() for name in workspace.gateways}
WORKSPACES |= {f"ws_{name}": _Workspace("IN", (name,), _TEAM) for name in GATEWAYS if name not in _LISTED}


OPERATORS = {"operator": "operator"}  # Of `_deployment`, which is no workspace: it has members and nothing else.


def create_tables(dynamodb: Any, tables: Iterable[TableSpec]) -> None:
    for table in tables:
        dynamodb.create_table(**table.request)
        if table.ttl_attribute:
            ttl = {"Enabled": True, "AttributeName": table.ttl_attribute}
            dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=ttl)


def create_secrets(secretsmanager: Any, specs: Iterable[SecretSpec], webhooks_url: str) -> None:
    """Those of the template, and of further accounts. A gateway's fit its simulator; any other one is random."""
    for name in chain.from_iterable(_with_further_accounts(spec.name) for spec in specs):
        gateway = gateway_of(name)
        filled = document_named(name, f"{webhooks_url}/{gateway}") if gateway else None
        value = filled or {"value": secrets.token_hex(16)}
        secretsmanager.create_secret(Name=name, SecretString=json.dumps(value))


def create_parameters(ssm: Any, specs: Iterable[SecretSpec]) -> None:
    """What browsers may know of each account that has secrets for calls, written as its operator would."""
    for name in chain.from_iterable(_with_further_accounts(spec.name) for spec in specs):
        if gateway_of(name) and name.endswith("/api"):
            public = f"{name.removesuffix('api')}public"
            ssm.put_parameter(Name=f"/{public}", Value=json.dumps(document_named(public, "")), Type="String")


def _with_further_accounts(name: str) -> list[str]:
    """The name, and what it is at each further account of the same gateway."""
    accounts = [Account.of(account) for account in FURTHER_ACCOUNTS]
    others = [account.name for account in accounts if account.gateway == gateway_of(name)]
    return [name, *(name.replace(f"/{MAIN}/", f"/{other}/") for other in others)]


def create_machines(stepfunctions: Any, specs: Iterable[MachineSpec]) -> None:
    for spec in specs:
        stepfunctions.create_state_machine(name=spec.name, definition=spec.definition, roleArn=_ROLE, type=spec.kind)


def seed_workspaces(dynamodb: Any, table_name: str, at: datetime = SEEDED_AT) -> None:
    """The workspaces to try things in, by the code of `dev.tools.workspace`. What somebody changed stays changed."""
    client, author = FencedClient(dynamodb, table_name.removesuffix("workspaces")), Author("system:local", at)
    for name, workspace in WORKSPACES.items():
        _seed(client.within(name), name, workspace, author)
    operators = client.within(DEPLOYMENT)
    if not get_state(operators, DEPLOYMENT).events:
        _seed_members(operators, DEPLOYMENT, OPERATORS, author)


def _seed(client: FencedClient, name: str, workspace: _Workspace, author: Author) -> None:
    state = get_state(client, name)
    if state.row is not None:
        return
    settings = {"name": name, "country": workspace.country, "gateways": workspace.gateways}
    owners = [subject for subject, role in workspace.members.items() if role == "owner"]
    save(client, create(state, {**DEFAULTS, **settings}, owners, author))
    others = {subject: role for subject, role in workspace.members.items() if role != "owner"}
    _seed_members(client, name, others, author)


def _seed_members(client: FencedClient, name: str, members: Mapping[str, str], author: Author) -> None:
    for subject, role in members.items():
        save(client, add_member(get_state(client, name), subject, role, author))
