"""Creates what the template declares."""

import json
import secrets
from collections.abc import Iterable
from typing import Any

from local.blueprint import ACCOUNT, MachineSpec, SecretSpec, TableSpec

_SIMULATOR_SECRETS = {
    "PhonePeSecret": {
        "client_secret": "sim-client-secret",
        "webhook_logins": ["sim_user:simPass123"],
        "webhook_secrets": ["sim-hmac-secret"],
    }
}
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/local"  # Nothing checks permissions here.
_MEMBERS = {
    "ws_demo": {name: name for name in ("owner", "admin", "finance", "support", "member")},
    "ws_other": {"other_owner": "owner"},
}


def create_tables(dynamodb: Any, tables: Iterable[TableSpec]) -> None:
    for table in tables:
        dynamodb.create_table(**table.request)
        if table.ttl_attribute:
            ttl = {"Enabled": True, "AttributeName": table.ttl_attribute}
            dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=ttl)


def create_secrets(secretsmanager: Any, specs: Iterable[SecretSpec]) -> None:
    for spec in specs:
        value = _SIMULATOR_SECRETS.get(spec.logical_id, {"value": secrets.token_hex(16)})
        secretsmanager.create_secret(Name=spec.name, SecretString=json.dumps(value))


def create_machines(stepfunctions: Any, specs: Iterable[MachineSpec]) -> None:
    for spec in specs:
        stepfunctions.create_state_machine(name=spec.name, definition=spec.definition, roleArn=_ROLE, type=spec.kind)


def seed_workspaces(dynamodb: Any, table_name: str) -> None:
    for workspace, members in _MEMBERS.items():
        partition = f"T#{workspace}#WS"
        _seed(dynamodb, table_name, "WORKSPACES", workspace, {})
        _seed(dynamodb, table_name, partition, "WORKSPACE", {"name": workspace, "late_success": "grant"})
        for subject, role in members.items():
            _seed(dynamodb, table_name, partition, f"MEMBER#{subject}", {"role": role})


def _seed(dynamodb: Any, table_name: str, partition: str, sort_key: str, attributes: dict[str, str]) -> None:
    item = {"pk": partition, "sk": sort_key, **attributes}
    try:
        dynamodb.put_item(
            TableName=table_name,
            Item={name: {"S": value} for name, value in item.items()},
            ConditionExpression="attribute_not_exists(pk)",  # What somebody changed stays changed.
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return
