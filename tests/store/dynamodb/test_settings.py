"""A workspace's settings as stored: each is valid, or named as a fault."""

from __future__ import annotations

from typing import Any

import pytest

from payments.store.contract.errors import InvalidWorkspace, NotFound
from tests.world import PREFIX, WORKSPACE, World


def put(world: World, **attributes: dict[str, Any]) -> None:
    key = {"pk": {"S": f"T#{WORKSPACE}#WS"}, "sk": {"S": "WORKSPACE"}}
    row = world.dynamo.get_item(TableName=f"{PREFIX}workspaces", Key=key)["Item"]
    world.dynamo.put_item(TableName=f"{PREFIX}workspaces", Item=row | attributes)


def faults(world: World) -> list[str]:
    with pytest.raises(InvalidWorkspace) as invalid:
        world.read_workspace()
    assert invalid.value.workspace_id == WORKSPACE
    return [fault.field for fault in invalid.value.faults]


def test_every_setting_is_read_as_it_stands(world: World) -> None:
    put(
        world,
        name={"S": "Shop"},
        late_success={"S": "review"},
        country={"S": "US"},
        gateways={"L": [{"S": "stripe"}, {"S": "paypal"}]},
        two_person_above={"N": "70000"},
        debug_until={"S": "2026-11-20T11:00:00Z"},
    )
    read = world.read_workspace()
    assert (read.id, read.name, read.late_success, read.country) == (WORKSPACE, "Shop", "review", "US")
    assert (read.gateways, read.two_person_above) == (("stripe", "paypal"), 70_000)
    assert read.debug_until == "2026-11-20T11:00:00Z"
    assert world.ports.store.within(WORKSPACE).get_late_success() == "review"


@pytest.mark.parametrize(
    "value", [{"N": "1.5"}, {"N": "-1"}, {"BOOL": True}, {"S": "5"}, {"NULL": True}, {"L": [{"N": "5"}]}, {"M": {}}]
)
def test_what_is_no_whole_number_is_a_fault_of_its_setting(world: World, value: dict[str, Any]) -> None:
    put(world, two_person_above=value)
    assert faults(world) == ["two_person_above"]


def test_one_setting_is_read_though_another_one_is_wrong(world: World) -> None:
    put(world, late_success={"S": "refund"}, country={"S": "UK"})
    assert faults(world) == ["country"]
    assert world.ports.store.within(WORKSPACE).get_late_success() == "refund"
    put(world, late_success={"S": "keep"})
    assert faults(world) == ["late_success", "country"]
    with pytest.raises(InvalidWorkspace) as invalid:
        world.ports.store.within(WORKSPACE).get_late_success()
    assert [fault.field for fault in invalid.value.faults] == ["late_success"]


def test_no_workspace_has_no_settings(world: World) -> None:
    for read in (
        world.ports.store.within("ws_nobody").get_late_success,
        world.ports.store.within("ws_nobody").get_workspace,
    ):
        with pytest.raises(NotFound):
            read()
