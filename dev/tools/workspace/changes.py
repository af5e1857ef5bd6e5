"""Changes of a workspace: each is one transaction with its events, conditional on the state that was read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dev.tools.workspace.state import TABLE, State
from payments.domain.records.workspace import WorkspaceEvent
from payments.store.contract.errors import Conflict
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import Cancelled, FencedClient, Write
from payments.store.dynamodb.codec import Item, encode, encode_item
from payments.store.dynamodb.transactions import ABSENT

Settings = Mapping[str, object]


class ChangedMeanwhileError(Exception):
    """Nothing was written; the text says which condition failed."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes the change, and when."""

    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """The events of one transaction, oldest first, and all its writes."""

    events: tuple[WorkspaceEvent, ...]
    writes: tuple[Write, ...]

    def also(self, *writes: Write) -> Plan:
        return replace(self, writes=self.writes + writes)


def created(state: State, settings: Settings, owners: Sequence[str], author: Author) -> Plan:
    """Create the workspace with its first owners. `state` is the empty state that was read."""
    plan = _with_event(state, Plan((), ()), "workspace.created", author, settings=settings)
    plan = plan.also(
        Write("Put", TABLE, ABSENT, Item=keys.directory(state.workspace_id)),
        Write("Put", TABLE, ABSENT, Item=keys.workspace(state.workspace_id) | _encoded(settings)),
    )
    for subject in owners:
        plan = member_added(state, subject, "owner", author, plan)
    return plan


def changed(state: State, settings: Settings, author: Author) -> Plan:
    """Change these settings. The rest of the workspace's row stays."""
    plan = _with_event(state, Plan((), ()), "workspace.changed", author, settings=settings)
    row = (state.row or {}) | _encoded(settings)
    return plan.also(Write("Put", TABLE, "attribute_exists(pk)", Item=row))


def member_added(state: State, subject: str, role: str, author: Author, after: Plan | None = None) -> Plan:
    """Add a member, after what `after` does in the same transaction."""
    plan = _with_event(state, after or Plan((), ()), "member.added", author, subject=subject, role=role)
    event, whose = plan.events[-1], (state.workspace_id, subject)
    row = keys.member(*whose) | {"role": encode(role), "event_hash": encode(event.hash)}
    return plan.also(
        Write("Put", TABLE, ABSENT, Item=row),
        Write("Put", TABLE, Item=keys.grant(*whose) | encode_item(event)),
    )


def member_removed(state: State, subject: str, author: Author) -> Plan:
    role, whose = state.members[subject].role, (state.workspace_id, subject)
    plan = _with_event(state, Plan((), ()), "member.removed", author, subject=subject, role=role)
    return plan.also(
        Write("Delete", TABLE, "attribute_exists(pk)", Key=keys.member(*whose)),
        Write("Delete", TABLE, Key=keys.grant(*whose)),
    )


def _with_event(
    state: State,
    plan: Plan,
    kind: str,
    author: Author,
    *,
    subject: str = "",
    role: str = "",
    settings: Settings | None = None,
) -> Plan:
    """Put the event if its sequence number is free: of two changes at once one is refused."""
    before = (*state.events, *plan.events)
    event = WorkspaceEvent(
        workspace_id=state.workspace_id,
        seq=len(before) + 1,
        kind=kind,
        subject=subject,
        role=role,
        settings=json.dumps(dict(settings), sort_keys=True) if settings else "",
        actor=author.actor,
        at=author.at,
        prev_hash=before[-1].hash if before else "",
    ).sealed()
    item = keys.workspace_event(state.workspace_id, event.seq) | encode_item(event)
    return Plan((*plan.events, event), (*plan.writes, Write("Put", TABLE, ABSENT, Item=item)))


def _encoded(settings: Settings) -> Item:
    return {name: encode(value) for name, value in settings.items()}


def save(client: FencedClient, plan: Plan) -> None:
    """Write the whole plan or nothing.

    Raises:
        ChangedMeanwhileError: a condition failed: another change was first.
        StoreUnavailable: nothing was written, or the answer was lost; `show` tells which.
    """
    try:
        client.transact(list(plan.writes))
    except Cancelled as cancelled:
        places = ", ".join(_place(plan.writes[place]) for place in cancelled.items)
        raise ChangedMeanwhileError(f"{places} was changed meanwhile: run show, then try again") from cancelled
    except Conflict as conflict:
        raise ChangedMeanwhileError("another change was first: run show, then try again") from conflict


def _place(write: Write) -> str:
    key = write.request.get("Item") or write.request["Key"]
    return f"{key['pk']['S']} / {key['sk']['S']}"


def described(plan: Plan) -> list[str]:
    """The writes as text, for --dry-run."""
    lines = []
    for write in plan.writes:
        item = write.request.get("Item", {})
        shown = {name: _shown(value) for name, value in item.items() if name not in ("pk", "sk")}
        fields = "".join(f"\n      {name} = {value}" for name, value in shown.items())
        condition = f"  if {write.request['ConditionExpression']}" if "ConditionExpression" in write.request else ""
        lines.append(f"{write.verb.lower():6} {_place(write)}{condition}{fields}")
    return lines


def _shown(value: Mapping[str, object]) -> object:
    ((tag, raw),) = value.items()
    return [_shown(one) for one in raw] if tag == "L" and isinstance(raw, list) else raw
