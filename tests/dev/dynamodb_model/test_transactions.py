from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dev.dynamodb_model import DynamoDB
from tests.dev.dynamodb_model.compare import a_model
from tests.dev.dynamodb_model.tables import Json, key, n, s


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(clock: Clock) -> DynamoDB:
    return a_model(clock=clock)


def put(sk: str = "1", condition: str = "", **attributes: Json) -> Json:
    more = {"ConditionExpression": condition} if condition else {}
    return {"Put": {"TableName": "things", "Item": key("a", sk) | attributes, **more}}


def add(sk: str = "1") -> Json:
    values = {":one": n(1)}
    update = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": values}
    return {"Update": {"TableName": "things", "Key": key("a", sk), **update}}


def refused(call: Any, *arguments: Any, **request: Any) -> tuple[str, list[str]]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **request)
    response: Any = caught.value.response
    assert type(caught.value).__name__ == response["Error"]["Code"]
    return response["Error"]["Code"], [one["Code"] for one in response.get("CancellationReasons", ())]


def item(model: DynamoDB, sk: str = "1") -> Json | None:
    found: Json | None = model.get_item(TableName="things", Key=key("a", sk)).get("Item")
    return found


def test_a_token_does_its_work_once(model: DynamoDB) -> None:
    for _ in range(3):
        model.transact_write_items(TransactItems=[add()], ClientRequestToken="t")
    assert item(model) == key() | {"n": n(1)}


def test_a_token_works_again_after_ten_minutes(model: DynamoDB, clock: Clock) -> None:
    for passed, count in ((0, 1), (599.9, 1), (0.1, 2), (599, 2)):
        clock.now += passed
        model.transact_write_items(TransactItems=[add()], ClientRequestToken="t")
        assert item(model) == key() | {"n": n(count)}


def test_the_tokens_of_ten_minutes_ago_are_forgotten(model: DynamoDB, clock: Clock) -> None:
    for number in range(3):
        model.transact_write_items(TransactItems=[put("a")], ClientRequestToken=f"t{number}")
        clock.now += 250
    model.transact_write_items(TransactItems=[put("a")], ClientRequestToken="t0")  # Anew, so the latest.
    assert list(model._transactions._tokens.done) == ["t1", "t2", "t0"]
    clock.now += 400
    model.transact_write_items(TransactItems=[put("a")], ClientRequestToken="t3")
    assert list(model._transactions._tokens.done) == ["t0", "t3"]


@pytest.mark.parametrize("other", [[add("2")], [add(), add("2")], [put()]], ids=["item", "actions", "verb"])
def test_a_token_of_another_request_is_refused(model: DynamoDB, other: list[Json]) -> None:
    model.transact_write_items(TransactItems=[add()], ClientRequestToken="t")
    assert refused(model.transact_write_items, TransactItems=other, ClientRequestToken="t") == (
        "IdempotentParameterMismatchException",
        [],
    )
    assert model.items("things") == [key() | {"n": n(1)}]


def test_a_token_of_a_failed_transaction_is_free(model: DynamoDB) -> None:
    request = {"TransactItems": [put(condition="attribute_exists(pk)")], "ClientRequestToken": "t"}
    assert refused(model.transact_write_items, **request)[1] == ["ConditionalCheckFailed"]
    model.put_item(TableName="things", Item=key())
    model.transact_write_items(**request)


def test_a_token_in_progress_is_refused_until_its_transaction_ends(model: DynamoDB) -> None:
    request = {"TransactItems": [add()], "ClientRequestToken": "t"}
    begun = model.begin_transaction(request)
    assert refused(model.begin_transaction, request) == ("TransactionInProgressException", [])
    model.abandon(begun)
    model.transact_write_items(**request)
    assert item(model) == key() | {"n": n(1)}


def test_items_in_flight_refuse_every_other_writer_and_show_the_old_item_to_readers(model: DynamoDB) -> None:
    model.put_item(TableName="things", Item=key() | {"n": n(1)})
    begun = model.begin_transaction({"TransactItems": [add(), put("2")]})
    where: Json = {"TableName": "things", "Key": key()}
    assert refused(model.put_item, TableName="things", Item=key())[0] == "TransactionConflictException"
    assert refused(model.update_item, **where)[0] == "TransactionConflictException"
    assert refused(model.delete_item, **where)[0] == "TransactionConflictException"
    assert refused(model.transact_write_items, TransactItems=[put("3"), add("2")]) == (
        "TransactionCanceledException",
        ["None", "TransactionConflict"],
    )
    assert item(model) == key() | {"n": n(1)}
    assert model.batch_get_item(RequestItems={"things": {"Keys": [key()]}})["Responses"]["things"] == [item(model)]
    assert model.scan(TableName="things")["Count"] == 1
    model.commit(begun)
    assert model.items("things") == [key() | {"n": n(2)}, key("a", "2")]
    model.update_item(**where)


def test_only_the_items_of_a_transaction_are_in_flight(model: DynamoDB) -> None:
    begun = model.begin_transaction({"TransactItems": [add()]})
    model.put_item(TableName="things", Item=key("a", "2"))
    model.put_item(TableName="locks", Item={"pk": s("a")})
    model.commit(begun)
    assert len(model.items("things")) == 2


def test_a_checked_item_is_in_flight_too(model: DynamoDB) -> None:
    check = {"TableName": "things", "Key": key(), "ConditionExpression": "attribute_not_exists(pk)"}
    model.begin_transaction({"TransactItems": [{"ConditionCheck": check}]})
    assert refused(model.put_item, TableName="things", Item=key())[0] == "TransactionConflictException"


def test_an_abandoned_transaction_leaves_nothing_behind(model: DynamoDB) -> None:
    model.abandon(model.begin_transaction({"TransactItems": [add()]}))
    assert item(model) is None
    model.transact_write_items(TransactItems=[add()])


@pytest.mark.parametrize("condition", ["attribute_exists(pk)", "n = n"])
def test_a_failed_transaction_frees_its_items(model: DynamoDB, condition: str) -> None:
    refused(model.transact_write_items, TransactItems=[put(condition=condition)])
    model.put_item(TableName="things", Item=key())


def test_conditions_are_checked_when_the_transaction_commits(model: DynamoDB) -> None:
    other = {"TableName": "things", "Key": key(), "ConditionExpression": "attribute_exists(pk)"}
    begun = model.begin_transaction({"TransactItems": [{"ConditionCheck": other}, put("2")]})
    assert refused(model.commit, begun)[1] == ["ConditionalCheckFailed", "None"]
    assert model.items("things") == []


def test_a_transaction_ends_once(model: DynamoDB) -> None:
    begun = model.begin_transaction({"TransactItems": [add()]})
    model.commit(begun)
    model.abandon(begun)
    with pytest.raises(ValueError, match="ended"):
        model.commit(begun)
    assert item(model) == key() | {"n": n(1)}


def test_a_failed_condition_shows_the_item_that_stood_there_only_on_request(model: DynamoDB) -> None:
    model.put_item(TableName="things", Item=key() | {"n": n(1)})
    actions = [put(condition="attribute_not_exists(pk)"), put("2", condition="attribute_exists(pk)")]
    actions[0]["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    with pytest.raises(ClientError) as caught:
        model.transact_write_items(TransactItems=actions)
    words = "The conditional request failed"
    response: Any = caught.value.response
    assert response["CancellationReasons"] == [
        {"Code": "ConditionalCheckFailed", "Message": words, "Item": key() | {"n": n(1)}},
        {"Code": "ConditionalCheckFailed", "Message": words},
    ]
    assert "[ConditionalCheckFailed, ConditionalCheckFailed]" in response["Error"]["Message"]


def test_an_item_that_grows_too_large_is_the_reason_in_its_place(model: DynamoDB) -> None:
    model.put_item(TableName="things", Item=key() | {"s": s("x" * 300_000)})
    values = {":v": s("x" * 200_000)}
    grown = {"UpdateExpression": "SET more = :v", "ExpressionAttributeValues": values}
    actions = [put("2"), {"Update": {"TableName": "things", "Key": key(), **grown}}, put("3", "attribute_exists(pk)")]
    assert refused(model.transact_write_items, TransactItems=actions) == (
        "TransactionCanceledException",
        ["None", "ValidationError", "ConditionalCheckFailed"],
    )
    assert len(model.items("things")) == 1


def test_changes_tell_what_each_committed_write_did(model: DynamoDB) -> None:
    seen: list[Any] = []
    model.changes = lambda changes: seen.append([tuple(change) for change in changes])
    model.put_item(TableName="things", Item=key() | {"n": n(1)})
    check = {"TableName": "locks", "Key": {"pk": s("a")}, "ConditionExpression": "attribute_not_exists(pk)"}
    model.transact_write_items(TransactItems=[add(), put("2"), {"ConditionCheck": check}])
    refused(model.transact_write_items, TransactItems=[add(), put("2", condition="attribute_not_exists(pk)")])
    model.delete_item(TableName="things", Key=key("a", "2"))
    one = key() | {"n": n(1)}
    assert seen == [
        [("things", key(), None, one)],
        [("things", key(), one, key() | {"n": n(2)}), ("things", key("a", "2"), None, key("a", "2"))],
        [("things", key("a", "2"), key("a", "2"), None)],
    ]
