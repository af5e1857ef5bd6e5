"""The commands without their command line: each checks its arguments and plans one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from dev.tools.workspace import changes
from dev.tools.workspace.changes import Author, Plan
from dev.tools.workspace.state import State
from payments.api.routes import OPERATOR, ROLES
from payments.domain.records.case import DEPLOYMENT
from payments.domain.records.workspace import DEBUG_MAX, ID, ID_FORM, SUBJECT_MAX, faults_in, is_subject
from payments.domain.values.clock import to_text
from payments.gateways.registry import GATEWAYS

_DEBUG_MINUTES_MAX = int(DEBUG_MAX.total_seconds()) // 60
OWNERS_LEAST = 2  # So that a second person can approve from the first day.


class RefusedError(Exception):
    """Nothing was written; the text says what to send instead."""


def create(state: State, settings: Mapping[str, object], owners: Sequence[str], author: Author) -> Plan:
    """Create a workspace. Raises RefusedError."""
    require_workspace_id(state.workspace_id)
    for subject in owners:
        _require_subject(subject)
    if len(set(owners)) < OWNERS_LEAST:
        raise RefusedError(f"name at least {OWNERS_LEAST} different owners: --owner SUBJECT --owner SUBJECT")
    if len(set(owners)) < len(owners):
        raise RefusedError("name each owner once")
    _require_settings(settings)
    if state.row is not None or state.events or state.members:
        raise RefusedError(f"{state.workspace_id} exists: show it, change it with set, or choose another id")
    return changes.created(state, settings, owners, author)


def add_member(state: State, subject: str, role: str, author: Author) -> Plan:
    """Add a member with a role. Raises RefusedError."""
    _require_existing(state)
    _require_subject(subject)
    if role not in _roles(state.workspace_id):
        raise RefusedError(f"there is no role {role!r} in {state.workspace_id}: {_one_of(_roles(state.workspace_id))}")
    if known := state.members.get(subject):
        what = f"is {known.role}" if known.is_backed else "has a row that no event backs"
        raise RefusedError(f"{subject} {what} in {state.workspace_id}: remove-member first, then add-member")
    return changes.member_added(state, subject, role, author)


def remove_member(state: State, subject: str, author: Author) -> Plan:
    """Remove a member. Raises RefusedError."""
    _require_existing(state)
    _require_subject(subject)
    if subject not in state.members:
        raise RefusedError(f"{subject} is no member of {state.workspace_id}: show lists the members")
    if subject in state.owners and len(state.owners) <= OWNERS_LEAST:
        raise RefusedError(f"{state.workspace_id} needs at least {OWNERS_LEAST} owners: add another owner first")
    return changes.member_removed(state, subject, author)


def change(state: State, settings: Mapping[str, object], author: Author) -> Plan:
    """Change settings. Raises RefusedError."""
    _require_workspace(state)
    if not settings:
        raise RefusedError("say what to set: --name, --late-success, --country, --gateways or --two-person-above")
    _require_settings({**state.settings, **settings})
    return changes.changed(state, settings, author)


def debug(state: State, minutes: int, author: Author) -> Plan:
    """Log DEBUG lines for so many minutes from now on; 0 ends it. Raises RefusedError."""
    _require_workspace(state)
    if not 0 <= minutes <= _DEBUG_MINUTES_MAX:
        raise RefusedError(f"send --minutes 1 to {_DEBUG_MINUTES_MAX}, or --off")
    until = to_text(author.at + timedelta(minutes=minutes)) if minutes else ""
    return changes.changed(state, {"debug_until": until}, author)


def require_workspace_id(workspace_id: str) -> None:
    """Raises RefusedError for an id that no workspace can have."""
    if not ID.fullmatch(workspace_id):
        raise RefusedError(f"{workspace_id!r} cannot be a workspace's id: send {ID_FORM}")
    if workspace_id == DEPLOYMENT:
        raise RefusedError(f"{DEPLOYMENT} is no workspace: choose another id, or add an operator to it with add-member")


def _require_existing(state: State) -> None:
    if state.workspace_id == DEPLOYMENT:
        return
    require_workspace_id(state.workspace_id)
    if state.row is None:
        raise RefusedError(f"there is no workspace {state.workspace_id}: create it, or run show for a list")


def _require_workspace(state: State) -> None:
    _require_existing(state)
    if state.workspace_id == DEPLOYMENT:
        raise RefusedError(f"{DEPLOYMENT} has operators and no settings: use add-member or remove-member")


def _require_subject(subject: str) -> None:
    if not is_subject(subject):
        raise RefusedError(f"send the sub claim of the member's token: 1 to {SUBJECT_MAX} printable characters")


def _require_settings(settings: Mapping[str, object]) -> None:
    if faults := faults_in(settings, GATEWAYS):
        raise RefusedError("\n".join(f"{fault.field} is {fault.wanted}, not {fault.form}" for fault in faults))


def _roles(workspace_id: str) -> Collection[str]:
    return (OPERATOR,) if workspace_id == DEPLOYMENT else ROLES


def _one_of(names: Collection[str]) -> str:
    return f"send {', '.join(names)}" if len(names) == 1 else f"send one of {', '.join(names)}"
