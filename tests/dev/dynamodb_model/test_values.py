from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.dev.dynamodb_model.compare import a_model
from tests.dev.dynamodb_model.tables import Json, key, n, s


def nested(depth: int) -> Json:
    value = n(1)
    for _ in range(depth):
        value = {"M": {"in": value}}
    return value


def test_sets_are_equal_in_any_order() -> None:
    model = a_model()
    model.put_item(TableName="things", Item=key() | {"g": {"SS": ["a", "b"]}})
    values = {":g": {"SS": ["b", "a"]}}
    model.put_item(TableName="things", Item=key(), ConditionExpression="g = :g", ExpressionAttributeValues=values)
    assert model.items("things") == [key()]


def test_booleans_have_no_order() -> None:
    model = a_model()
    model.put_item(TableName="things", Item=key() | {"one": {"BOOL": True}, "flag": {"BOOL": False}})
    with pytest.raises(model.exceptions.ConditionalCheckFailedException):
        model.put_item(TableName="things", Item=key(), ConditionExpression="one > flag")


def test_elements_are_removed_where_they_stood() -> None:
    model = a_model()
    model.put_item(TableName="things", Item=key() | {"l": {"L": [s("a"), s("b"), s("c")]}})
    model.update_item(TableName="things", Key=key(), UpdateExpression="REMOVE l[0], l[1]")
    assert model.items("things") == [key() | {"l": {"L": [s("c")]}}]


def test_values_nest_32_deep_and_no_deeper() -> None:
    model = a_model()
    model.put_item(TableName="things", Item=key() | {"m": nested(31)})
    with pytest.raises(ClientError, match="Nesting Levels"):
        model.put_item(TableName="things", Item=key() | {"m": nested(32)})
