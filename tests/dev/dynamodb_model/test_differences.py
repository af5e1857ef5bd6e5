from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from dev.dynamodb_model.reserved import RESERVED
from tests.dev.dynamodb_model.compare import a_model, answer_of_model, answer_of_moto
from tests.dev.dynamodb_model.differences import DIFFERENCES, Difference
from tests.dev.dynamodb_model.moto_calls import Moto, moto, moto_tables
from tests.dev.dynamodb_model.tables import key, n, s


@pytest.fixture(scope="module")
def other() -> Iterator[Moto]:
    with moto() as made:
        yield made


@pytest.mark.parametrize("name", DIFFERENCES)
def test_model_and_moto_differ_as_listed(other: Moto, name: str) -> None:
    row = DIFFERENCES[name]
    assert row.of_moto != row.of_model
    with moto_tables(other):
        assert (_of_moto(other, row), _of_model(row)) == (row.of_moto, row.of_model)


def _of_moto(other: Moto, row: Difference) -> Any:
    for item in row.before:
        other.call("put_item", {"TableName": "things", "Item": item})
    return _short(answer_of_moto(other, row.call))


def _of_model(row: Difference) -> Any:
    model = a_model()
    for item in row.before:
        model.put_item(TableName="things", Item=item)
    return _short(answer_of_model(model, row.call))


def _short(answer: Any) -> Any:
    if not isinstance(answer, tuple):
        return answer
    if answer[0] == "TransactionCanceledException":
        return [code for code, _ in answer[1]]
    return answer[0]


def test_moto_lets_reserved_words_stand_bare_in_a_key_condition(other: Moto) -> None:
    table = {"TableName": "words", "KeySchema": [{"AttributeName": "shard", "KeyType": "HASH"}]}
    table |= {
        "AttributeDefinitions": [{"AttributeName": "shard", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    request = {
        "TableName": "words",
        "KeyConditionExpression": "shard = :v",
        "ExpressionAttributeValues": {":v": s("a")},
    }
    model = a_model()
    model.create_table(**table)
    other.call("create_table", table)
    assert _short(answer_of_moto(other, ("query", request))) == {"Items": [], "Count": 0, "ScannedCount": 0}
    assert _short(answer_of_model(model, ("query", request))) == "ValidationException"
    aliased = request | {"KeyConditionExpression": "#s = :v", "ExpressionAttributeNames": {"#s": "shard"}}
    assert answer_of_model(model, ("query", aliased))["Items"] == []


def test_moto_keeps_a_number_as_it_was_written(other: Moto) -> None:
    model, item = a_model(), {"TableName": "things", "Item": key() | {"n": n("1.50")}}
    there = {"TableName": "things", "Key": key()}
    with moto_tables(other):
        other.call("put_item", item)
        model.put_item(**item)
        assert other.call("get_item", there)["Item"]["n"] == n("1.50")
    assert model.get_item(**there)["Item"]["n"] == n("1.5")


def test_moto_does_again_what_a_token_has_done(other: Moto) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""
    add = {
        "TableName": "things",
        "Key": key(),
        "UpdateExpression": "ADD n :v",
        "ExpressionAttributeValues": {":v": n(1)},
    }
    wanted, model = {"TransactItems": [{"Update": add}], "ClientRequestToken": "t"}, a_model()
    there = {"TableName": "things", "Key": key()}
    with moto_tables(other):
        for _ in range(2):
            other.call("transact_write_items", wanted)
            model.transact_write_items(**wanted)
        assert other.call("get_item", there)["Item"]["n"] == n(2)
    assert model.get_item(**there)["Item"]["n"] == n(1)


def test_the_reserved_words_are_those_moto_knows() -> None:
    assert {*ReservedKeywords.get_reserved_keywords()} == RESERVED
