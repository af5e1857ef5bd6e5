"""Rows of a workspace: its settings, each checked, and whether a member's role is backed by its event."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from payments.domain.records.workspace import DEFAULTS, WorkspaceEvent, faults_in
from payments.store.contract.errors import InvalidWorkspace, Unreadable
from payments.store.contract.workspaces import Workspace
from payments.store.dynamodb.codec import Item, decode


def to_workspace(workspace_id: str, item: Item, gateways: Collection[str]) -> Workspace:
    """Raises InvalidWorkspace if any setting is not of its form."""
    given = read_settings(item)
    if faults := faults_in(given, gateways):
        raise InvalidWorkspace(workspace_id, faults)
    settings = cast(dict[str, Any], {**DEFAULTS, **given})
    return Workspace(workspace_id, **settings, debug_until=debug_until_of(item))


def debug_until_of(item: Item) -> str:
    """The text that is there; "" for none."""
    return str(item.get("debug_until", {}).get("S", ""))


def late_success_of(workspace_id: str, item: Item, gateways: Collection[str]) -> str:
    """Raises InvalidWorkspace if this one setting is not of its form, whatever the others are."""
    given = {name: value for name, value in read_settings(item).items() if name == "late_success"}
    if faults := faults_in(given, gateways):
        raise InvalidWorkspace(workspace_id, faults)
    return str({**DEFAULTS, **given}["late_success"])


def read_settings(item: Item) -> dict[str, object]:
    """The settings that a row has, as they are: right or wrong."""
    return {name: _plain(item[name]) for name in DEFAULTS if name in item}


def _plain(value: dict[str, Any]) -> object:
    """Text, a number, a truth value, or a tuple of them; None for what no setting can be."""
    tag, raw = next(iter(value.items()))
    if tag in ("S", "BOOL"):
        return raw
    if tag == "N":
        return int(raw) if raw.lstrip("-").isdigit() else float(raw)
    return tuple(_plain(one) for one in raw) if tag == "L" else None


def is_backed(workspace_id: str, subject: str, member: Item, grant: Item | None) -> bool:
    """Whether the member's row and the event beside it are of one change, which gave this role."""
    try:
        event = decode(WorkspaceEvent, grant or {})
        role, event_hash = member["role"]["S"], member["event_hash"]["S"]
    except (Unreadable, KeyError):
        return False
    return event.hash == event_hash and event.grants(workspace_id, subject, role)
