"""The rows of one workspace in the table `workspaces`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from payments.domain.records.chain import is_unbroken
from payments.domain.records.workspace import WorkspaceEvent
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.codec import Item, decode, encode
from payments.store.dynamodb.tables.workspaces import debug_until_of, is_backed, read_settings

TABLE = "workspaces"


@dataclass(frozen=True, slots=True)
class MemberRow:
    """`is_backed`: an event supports the row, so the role counts."""

    subject: str
    role: str
    is_backed: bool


@dataclass(frozen=True, slots=True)
class State:
    workspace_id: str
    row: Item | None  # With the settings; `_deployment` has none.
    members: Mapping[str, MemberRow]  # By subject.
    events: tuple[WorkspaceEvent, ...]

    @property
    def settings(self) -> dict[str, object]:
        return read_settings(self.row or {})

    @property
    def debug_until(self) -> str:
        return debug_until_of(self.row or {})

    @property
    def owners(self) -> list[str]:
        return [member.subject for member in self.members.values() if member.role == "owner" and member.is_backed]

    @property
    def is_unbroken(self) -> bool:
        return is_unbroken(self.events)


def get_state(client: FencedClient, workspace_id: str) -> State:
    """Read all rows of the workspace. `client` is bound to it.

    Raises:
        Unreadable: an event has an invalid form.
    """
    pk = keys.workspace(workspace_id)["pk"]
    rows = {item["sk"]["S"]: item for item in client.query_all(TABLE, "pk = :pk", {":pk": pk})}
    events = tuple(decode(WorkspaceEvent, item) for sk, item in rows.items() if sk.startswith("E#"))
    subjects = [sk.removeprefix("MEMBER#") for sk in rows if sk.startswith("MEMBER#")]
    hashes = {event.hash for event in events}
    members = {subject: _member(workspace_id, subject, rows, hashes) for subject in subjects}
    return State(workspace_id, rows.get("WORKSPACE"), members, events)


def _member(workspace_id: str, subject: str, rows: Mapping[str, Item], hashes: set[str]) -> MemberRow:
    """Stricter than the functions, which do not read the events: the member's event must be among them."""
    row, grant = rows[f"MEMBER#{subject}"], rows.get(f"GRANT#{subject}")
    is_real = is_backed(workspace_id, subject, row, grant) and row["event_hash"]["S"] in hashes
    return MemberRow(subject, row.get("role", {}).get("S", ""), is_real)


def list_workspace_ids(client: FencedClient) -> list[str]:
    return [row["sk"]["S"] for row in client.query_all(TABLE, "pk = :pk", {":pk": encode("WORKSPACES")})]
