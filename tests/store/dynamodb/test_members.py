"""A role counts only with its event, and both are read in one call."""

from __future__ import annotations

from typing import Any

import pytest

from dev.tools.workspace.changes import Author, member_added, member_removed, save
from dev.tools.workspace.state import get_state
from payments.store.contract.errors import InvalidWorkspace
from payments.store.contract.workspaces import Member
from payments.store.dynamodb.client import FencedClient
from tests.world import PREFIX, WORKSPACE, World

TABLE = f"{PREFIX}workspaces"
PK = f"T#{WORKSPACE}#WS"


def member(world: World, subject: str) -> Member | None:
    return world.ports.store.within(WORKSPACE).get_member(subject)


def key(sk: str) -> Any:
    return {"pk": {"S": PK}, "sk": {"S": sk}}


def row(world: World, sk: str) -> dict[str, Any]:
    item: dict[str, Any] = world.dynamo.get_item(TableName=TABLE, Key=key(sk))["Item"]
    return item


def put(world: World, item: dict[str, Any]) -> None:
    world.dynamo.put_item(TableName=TABLE, Item=item)


def test_a_member_with_its_event_is_read_with_the_workspace_in_one_call(world: World) -> None:
    before = world.client.calls.total()
    found = member(world, "finance")
    assert world.client.calls.total() - before == 1
    assert found == Member("finance", world.read_workspace())


def test_a_row_that_somebody_typed_is_no_member(world: World) -> None:
    put(world, key("MEMBER#mallory") | {"role": {"S": "owner"}})
    assert member(world, "mallory") is None
    put(world, key("MEMBER#mallory") | {"role": {"S": "owner"}, "event_hash": {"S": "0" * 64}})
    assert member(world, "mallory") is None


def test_a_row_that_names_another_event_than_its_own_is_no_member(world: World) -> None:
    put(world, row(world, "MEMBER#finance") | {"event_hash": row(world, "MEMBER#owner")["event_hash"]})
    assert member(world, "finance") is None


def test_a_role_that_somebody_changed_is_no_role(world: World) -> None:
    put(world, row(world, "MEMBER#member") | {"role": {"S": "owner"}})
    before = world.client.calls.total()
    assert member(world, "member") is None
    assert world.client.calls.total() - before == 2, "it is read once more, and no oftener"


def test_a_member_whose_event_is_gone_or_altered_is_none(world: World) -> None:
    grant = row(world, "GRANT#finance")
    world.dynamo.delete_item(TableName=TABLE, Key=key("GRANT#finance"))
    assert member(world, "finance") is None
    put(world, grant | {"actor": {"S": "somebody else"}})
    assert member(world, "finance") is None
    put(world, grant)
    assert member(world, "finance") is not None


def test_rows_of_one_member_do_not_serve_another_one(world: World) -> None:
    for sk in ("MEMBER", "GRANT"):
        put(world, row(world, f"{sk}#owner") | key(f"{sk}#mallory"))
    assert member(world, "mallory") is None


def test_rows_of_one_workspace_do_not_serve_in_another_one(world: World) -> None:
    for sk in ("MEMBER", "GRANT"):
        there = world.dynamo.get_item(
            TableName=TABLE, Key={"pk": {"S": "T#ws_other#WS"}, "sk": {"S": f"{sk}#other_owner"}}
        )
        put(world, there["Item"] | key(f"{sk}#other_owner"))
    assert member(world, "other_owner") is None


def test_an_event_without_its_member_is_none_and_costs_one_call(world: World) -> None:
    world.dynamo.delete_item(TableName=TABLE, Key=key("MEMBER#finance"))
    before = world.client.calls.total()
    assert member(world, "finance") is None
    assert world.client.calls.total() - before == 1


def test_a_read_between_two_changes_is_read_once_more(world: World) -> None:
    """The rows of one BatchGetItem may be of different ages."""
    client, author = FencedClient(world.dynamo, PREFIX, WORKSPACE), Author("operator:test", world.clock.now())
    old = row(world, "GRANT#support")
    save(client, member_removed(get_state(client, WORKSPACE), "support", author))
    save(client, member_added(get_state(client, WORKSPACE), "support", "finance", author))

    def tear(answer: dict[str, Any]) -> None:
        rows = answer["Responses"][TABLE]
        rows[:] = [old if item["sk"] == old["sk"] else item for item in rows]

    world.client.after.append(("batch_get_item", tear))
    found = member(world, "support")
    assert found is not None
    assert found.role == "finance"


def test_a_workspace_with_bad_settings_is_hidden_from_strangers_and_reported_to_members(world: World) -> None:
    world.workspace(country="UK")
    assert member(world, "stranger") is None
    with pytest.raises(InvalidWorkspace) as invalid:
        member(world, "owner")
    assert [fault.field for fault in invalid.value.faults] == ["country"]
