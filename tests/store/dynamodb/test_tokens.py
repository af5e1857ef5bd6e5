"""The table of access tokens: one row per client, with a lease for one instance at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from payments.domain.records.token import Token
from payments.store.dynamodb.tables.tokens import DynamoTokenVault
from tests.world import PREFIX, World

KEY = "phonepe#sandbox#M1#1"
HOLDS = timedelta(seconds=15)


@pytest.fixture
def vault(world: World) -> DynamoTokenVault:
    return DynamoTokenVault(world.dynamo, PREFIX)


def a_token(now: datetime, value: str = "O-Bearer a") -> Token:
    return Token(value, now, now + timedelta(hours=1))


def row(world: World, key: str = KEY) -> dict[str, Any]:
    (found,) = (
        item
        for item in world.dynamo.scan(TableName=f"{PREFIX}gateway_tokens")["Items"]
        if item["pk"]["S"] == f"TOKEN#{key}"
    )
    return dict(found)


def test_each_client_has_a_token_and_a_lease_of_its_own(world: World, vault: DynamoTokenVault) -> None:
    now = world.clock.now()
    for key in (KEY, "paypal#sandbox#C1"):
        assert vault.get_token(key) is None
        assert vault.take_lease(key, now, now + HOLDS)
        vault.put_token(key, a_token(now, f"O-Bearer of {key}"))
    assert [vault.get_token(key) for key in (KEY, "paypal#sandbox#C1")] == [
        a_token(now, f"O-Bearer of {key}") for key in (KEY, "paypal#sandbox#C1")
    ]


def test_a_row_that_has_a_lease_alone_has_no_token(world: World, vault: DynamoTokenVault) -> None:
    vault.take_lease(KEY, world.clock.now(), world.clock.now() + HOLDS)
    assert vault.get_token(KEY) is None


def test_a_lease_is_one_instances_until_its_time_is_over(world: World, vault: DynamoTokenVault) -> None:
    now = world.clock.now()
    assert vault.take_lease(KEY, now, now + HOLDS)
    assert not vault.take_lease(KEY, now + HOLDS, now + 2 * HOLDS)
    later = now + HOLDS + timedelta(milliseconds=1)
    assert vault.take_lease(KEY, later, later + HOLDS)
    assert not vault.take_lease(KEY, later, later + HOLDS)


def test_a_lease_ends_with_the_token_and_when_it_is_released(world: World, vault: DynamoTokenVault) -> None:
    now = world.clock.now()
    assert vault.take_lease(KEY, now, now + HOLDS)
    vault.put_token(KEY, a_token(now))
    assert vault.take_lease(KEY, now, now + HOLDS)
    vault.end_lease(KEY)
    assert vault.take_lease(KEY, now, now + HOLDS)
    assert vault.get_token(KEY) == a_token(now)


def test_a_token_replaces_the_one_before_and_is_deleted_a_day_after_its_end(
    world: World, vault: DynamoTokenVault
) -> None:
    now = world.clock.now()
    for value, issued_at in (("O-Bearer a", now), ("O-Bearer b", now + timedelta(hours=2))):
        vault.put_token(KEY, a_token(issued_at, value))
        assert vault.get_token(KEY) == a_token(issued_at, value)
        assert row(world)["ttl"] == {"N": str(int((issued_at + timedelta(hours=25)).timestamp()))}
