"""What DynamoDB may do to a call in a history: answer in part, torn, throttled, sent again."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dev.dynamodb_model import DynamoDB
from dev.dynamodb_model.shapes import Door
from dev.histories.aws import Client
from tests.dev.dynamodb_model.compare import a_model
from tests.dev.dynamodb_model.tables import Json, key, n, s

_ADD = {"TableName": "things", "Key": key(), "UpdateExpression": "ADD n :v", "ExpressionAttributeValues": {":v": n(1)}}


class Network:
    """Every call meets one fault; others act during its pauses."""

    is_calm = True
    is_contended = False

    def __init__(self, fault: str, meanwhile: Callable[[], object] = lambda: None) -> None:
        self._fault, self._meanwhile = fault, meanwhile

    def point(self, kind: str, label: str) -> tuple[Any, Any]:
        return SimpleNamespace(name="task", points=1), SimpleNamespace(fault=self._fault, tie=0.5)

    def call(self, task: object, point: object, effect: Callable[[], Any], at_ms: float | None = None) -> Any:
        return effect()

    def pause(self, ms: float, point: object) -> None:
        self._meanwhile()


def client(model: DynamoDB, fault: str, meanwhile: Callable[[], object] = lambda: None) -> Any:
    return Door(Client(model, Network(fault, meanwhile)))  # type: ignore[arg-type]


@pytest.fixture
def model() -> DynamoDB:
    return a_model()


def test_others_write_between_the_tables_of_a_batch(model: DynamoDB) -> None:
    def both() -> None:
        values = {":v": n(1)}
        for table, where in (("things", key()), ("locks", {"pk": s("a")})):
            model.update_item(TableName=table, Key=where, UpdateExpression="ADD n :v", ExpressionAttributeValues=values)

    both()
    wanted = {"things": {"Keys": [key()]}, "locks": {"Keys": [{"pk": s("a")}]}}
    answer = client(model, "torn", both).batch_get_item(RequestItems=wanted)
    assert {table: [item["n"] for item in items] for table, items in answer["Responses"].items()} == {
        "locks": [n(1)],
        "things": [n(2)],
    }


def test_a_batch_is_answered_in_part_and_in_another_order(model: DynamoDB) -> None:
    keys = [key("a", str(number)) for number in range(4)]
    for one in keys:
        model.put_item(TableName="things", Item=one)
    answer = client(model, "unprocessed").batch_get_item(RequestItems={"things": {"Keys": keys}})
    assert answer["Responses"] == {"things": [keys[1], keys[0]]}
    assert answer["UnprocessedKeys"] == {"things": {"Keys": keys[2:]}}


def test_a_throttled_call_has_no_effect(model: DynamoDB) -> None:
    with pytest.raises(ClientError) as refused:
        client(model, "throttled").update_item(**_ADD)
    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
    assert model.items("things") == []


def test_a_transaction_that_is_sent_again_takes_effect_once_and_another_write_twice(model: DynamoDB) -> None:
    def number() -> Json:
        found: Json = model.items("things")[0]["n"]
        return found

    sent_again = client(model, "resent")
    sent_again.transact_write_items(TransactItems=[{"Update": _ADD}])
    assert number() == n(1)
    sent_again.update_item(**_ADD)
    assert number() == n(3)


def test_a_transaction_may_be_refused_for_good_beside_a_failed_condition(model: DynamoDB) -> None:
    puts = [{"Put": {"TableName": "things", "Item": key("a", str(number))}} for number in range(3)]
    with pytest.raises(ClientError) as refused:
        client(model, "invalid").transact_write_items(TransactItems=puts)
    response: Any = refused.value.response
    codes = [reason["Code"] for reason in response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed", "ValidationError"]
