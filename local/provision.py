"""Creates what the template declares."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.blueprint import ACCOUNT, MachineSpec, SecretSpec, TableSpec
from local.credentials import secret_of
from simulators import GATEWAYS

_Attributes = Mapping[str, str | Sequence[str]]
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/local"  # Nothing checks permissions here.
_TEAM = {name: name for name in ("owner", "admin", "finance", "support", "member")} | {"finance2": "finance"}


@dataclass(frozen=True)
class _Workspace:
    country: str
    gateways: tuple[str, ...]  # In the order of preference.
    members: Mapping[str, str]


WORKSPACES = {
    "ws_demo": _Workspace("IN", ("phonepe", "razorpay"), _TEAM),
    "ws_us": _Workspace("US", ("stripe", "square", "paypal"), _TEAM),
    "ws_other": _Workspace("IN", ("phonepe",), {"other_owner": "owner"}),
}


OPERATORS = {"operator": "operator"}  # Of `_deployment`, which is no workspace: it has members and nothing else.


def create_tables(dynamodb: Any, tables: Iterable[TableSpec]) -> None:
    for table in tables:
        dynamodb.create_table(**table.request)
        if table.ttl_attribute:
            ttl = {"Enabled": True, "AttributeName": table.ttl_attribute}
            dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=ttl)


def create_secrets(secretsmanager: Any, specs: Iterable[SecretSpec], webhooks_url: str) -> None:
    """A gateway's secret fits its simulator; any other one is random."""
    for spec in specs:
        gateway = spec.name.rpartition("/")[2]
        value = (
            secret_of(gateway, f"{webhooks_url}/{gateway}") if gateway in GATEWAYS else {"value": secrets.token_hex(16)}
        )
        secretsmanager.create_secret(Name=spec.name, SecretString=json.dumps(value))


def create_machines(stepfunctions: Any, specs: Iterable[MachineSpec]) -> None:
    for spec in specs:
        stepfunctions.create_state_machine(name=spec.name, definition=spec.definition, roleArn=_ROLE, type=spec.kind)


def seed_workspaces(dynamodb: Any, table_name: str) -> None:
    for name, workspace in WORKSPACES.items():
        partition = f"T#{name}#WS"
        _seed(dynamodb, table_name, "WORKSPACES", name, {})
        attributes = {"name": name, "late_success": "grant", "country": workspace.country}
        _seed(dynamodb, table_name, partition, "WORKSPACE", {**attributes, "gateways": workspace.gateways})
        _seed_members(dynamodb, table_name, name, workspace.members)
    _seed_members(dynamodb, table_name, "_deployment", OPERATORS)


def _seed_members(dynamodb: Any, table_name: str, workspace: str, members: Mapping[str, str]) -> None:
    for subject, role in members.items():
        _seed(dynamodb, table_name, f"T#{workspace}#WS", f"MEMBER#{subject}", {"role": role})


def _seed(dynamodb: Any, table_name: str, partition: str, sort_key: str, attributes: _Attributes) -> None:
    item = {"pk": partition, "sk": sort_key, **attributes}
    try:
        dynamodb.put_item(
            TableName=table_name,
            Item={name: _typed(value) for name, value in item.items()},
            ConditionExpression="attribute_not_exists(pk)",  # What somebody changed stays changed.
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def _typed(value: str | Sequence[str]) -> dict[str, Any]:
    """As DynamoDB writes it."""
    return {"S": value} if isinstance(value, str) else {"L": [{"S": each} for each in value]}
