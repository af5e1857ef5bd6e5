"""Workspaces: their settings are validated, and a member's role must have its event."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from payments.domain.records.workspace import DEFAULTS, WorkspaceEvent, faults_in
from payments.store.contract.errors import InvalidWorkspace, Unreadable
from payments.store.contract.workspaces import Member, Workspace
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.codec import Item, decode
from payments.store.dynamodb.tables.rows import WorkspaceRows

_MEMBER_READS = 2  # Rows of one read may be of different times: if they do not match, read again.


class Workspaces(WorkspaceRows):
    """Implements `SettingsStore`. `gateways` are the names that a workspace's list of gateways may have."""

    def __init__(self, client: FencedClient, workspace_id: str, gateways: Collection[str]) -> None:
        super().__init__(client, workspace_id)
        self._gateways = gateways

    def get_workspace(self) -> Workspace:
        row = self._get("workspaces", keys.workspace(self.workspace_id))
        return to_workspace(self.workspace_id, row, self._gateways)

    def get_late_success(self) -> str:
        row = self._get("workspaces", keys.workspace(self.workspace_id))
        return late_success_of(self.workspace_id, row, self._gateways)

    def get_member(self, subject: str) -> Member | None:
        for _ in range(_MEMBER_READS):
            member, grant, workspace = self._member_rows(subject)
            if member is None:
                return None
            if is_backed(self.workspace_id, subject, member, grant):
                its = to_workspace(self.workspace_id, workspace, self._gateways) if workspace else None
                return Member(member["role"]["S"], its)
        return None

    def _member_rows(self, subject: str) -> list[Item | None]:
        of = (keys.member, keys.grant)
        wanted = [*(key(self.workspace_id, subject) for key in of), keys.workspace(self.workspace_id)]
        rows = {item["sk"]["S"]: item for item in self._client.get_many("workspaces", wanted)}
        return [rows.get(key["sk"]["S"]) for key in wanted]


def to_workspace(workspace_id: str, item: Item, gateways: Collection[str]) -> Workspace:
    """The workspace of a row. Raises InvalidWorkspace if any setting is invalid."""
    given = read_settings(item)
    if faults := faults_in(given, gateways):
        raise InvalidWorkspace(workspace_id, faults)
    settings = cast(dict[str, Any], {**DEFAULTS, **given})
    return Workspace(workspace_id, **settings, debug_until=debug_until_of(item))


def debug_until_of(item: Item) -> str:
    """The stored `debug_until`, not validated; "" if there is none."""
    return str(item.get("debug_until", {}).get("S", ""))


def late_success_of(workspace_id: str, item: Item, gateways: Collection[str]) -> str:
    """The setting `late_success`. Raises InvalidWorkspace if it is invalid; the other settings do not matter."""
    given = {name: value for name, value in read_settings(item).items() if name == "late_success"}
    if faults := faults_in(given, gateways):
        raise InvalidWorkspace(workspace_id, faults)
    return str({**DEFAULTS, **given}["late_success"])


def read_settings(item: Item) -> dict[str, object]:
    """The settings of a row, not validated."""
    return {name: _plain(item[name]) for name in DEFAULTS if name in item}


def _plain(value: dict[str, Any]) -> object:
    """A text, number or boolean, or a tuple of them; None for any other type."""
    tag, raw = next(iter(value.items()))
    if tag in ("S", "BOOL"):
        return raw
    if tag == "N":
        return int(raw) if raw.lstrip("-").isdigit() else float(raw)
    return tuple(_plain(one) for one in raw) if tag == "L" else None


def is_backed(workspace_id: str, subject: str, member: Item, grant: Item | None) -> bool:
    """Whether the event stored beside the member's row is the change that gave this role."""
    try:
        event = decode(WorkspaceEvent, grant or {})
        role, event_hash = member["role"]["S"], member["event_hash"]["S"]
    except (Unreadable, KeyError):
        return False
    return event.hash == event_hash and event.grants(workspace_id, subject, role)
