from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from dev.dynamodb_model import DynamoDB
from dev.dynamodb_model.errors import Unmodelled
from tests.dev.dynamodb_model.compare import a_model
from tests.dev.dynamodb_model.tables import THINGS, Json, key, n, s

_RICH = key() | {
    "m": {"M": {"x": {"L": [s("one"), {"M": {"y": n(1)}}]}}},
    "g": {"SS": ["a", "b"]},
    "slot": s("D0"),
    "due_at": s("2026"),
    "period": s("M1"),
    "n": n(1),
}


@pytest.fixture
def model() -> DynamoDB:
    return a_model()


def due(model: DynamoDB, **more: Any) -> list[str]:
    values = {":slot": s("D0")}
    request = {"TableName": "things", "IndexName": "due", "KeyConditionExpression": "slot = :slot"}
    page = model.query(**request, ExpressionAttributeValues=values, **more)
    return [f"{item['sk']['S']} {item['due_at']['S']}" for item in page["Items"]]


def put_due(model: DynamoDB, sk: str, due_at: str) -> None:
    model.put_item(TableName="things", Item=key("a", sk) | {"slot": s("D0"), "due_at": s(due_at)})


def _spoil(value: Any) -> None:
    """Changes everything that can be changed."""
    for part in list(value.values()) if isinstance(value, dict) else list(value):
        if isinstance(part, dict | list):
            _spoil(part)
    if isinstance(value, dict):
        value["spoilt"] = s("x")
    else:
        value.append("spoilt")


_READS: dict[str, Callable[[DynamoDB], Any]] = {
    "get": lambda model: model.get_item(TableName="things", Key=key()),
    "batch": lambda model: model.batch_get_item(RequestItems={"things": {"Keys": [key()]}}),
    "query": lambda model: model.query(
        TableName="things", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": s("a")}, Limit=1
    ),
    "index": lambda model: model.query(
        TableName="things",
        IndexName="listed",
        KeyConditionExpression="period = :pk",
        ExpressionAttributeValues={":pk": s("M1")},
    ),
    "scan": lambda model: model.scan(TableName="things"),
    "items": lambda model: model.items("things"),
    "all old": lambda model: model.put_item(TableName="things", Item=copy.deepcopy(_RICH), ReturnValues="ALL_OLD"),
    "all new": lambda model: model.update_item(TableName="things", Key=key(), ReturnValues="ALL_NEW"),
}


@pytest.mark.parametrize("name", _READS)
def test_who_changes_an_answer_changes_nothing_stored(model: DynamoDB, name: str) -> None:
    model.put_item(TableName="things", Item=copy.deepcopy(_RICH))
    _spoil(_READS[name](model))
    assert model.items("things") == [_RICH]
    assert _READS["index"](model)["Items"] == [_RICH]


def test_who_changes_a_request_changes_nothing_stored(model: DynamoDB) -> None:
    item, values = copy.deepcopy(_RICH), {":v": copy.deepcopy(_RICH["m"])}
    model.put_item(TableName="things", Item=item)
    model.update_item(TableName="things", Key=key(), UpdateExpression="SET more = :v", ExpressionAttributeValues=values)
    _spoil(item)
    _spoil(values)
    assert model.items("things") == [_RICH | {"more": _RICH["m"]}]


def test_who_changes_a_failure_changes_nothing_stored(model: DynamoDB) -> None:
    model.put_item(TableName="things", Item=copy.deepcopy(_RICH))
    request = {"TableName": "things", "Item": key(), "ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(model.exceptions.ConditionalCheckFailedException) as caught:
        model.put_item(**request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    response: Any = caught.value.response
    assert response["Item"] == _RICH
    _spoil(response["Item"])
    assert model.items("things") == [_RICH]


def test_a_request_is_left_as_it_was(model: DynamoDB) -> None:
    item = copy.deepcopy(_RICH)
    model.put_item(TableName="things", Item=item)
    assert item == _RICH


def test_an_index_shows_each_write_only_after_its_lag() -> None:
    now, lags = [100.0], [5.0, 1.0, 0.0]
    model = a_model(clock=lambda: now[0], index_lag=lambda: lags.pop(0))
    put_due(model, "1", "2026")
    put_due(model, "2", "2027")
    put_due(model, "3", "2028")
    reported = []
    for moment in (100.0, 100.9, 101.0, 104.9, 105.0):
        now[0] = moment
        reported.append(due(model))
    later = ["2 2027", "3 2028"]
    assert reported == [["3 2028"], ["3 2028"], later, later, ["1 2026", *later]]
    assert len(model.items("things")) == 3


def test_an_index_shows_the_writes_of_one_item_in_their_order() -> None:
    now, lags = [100.0], [5.0, 0.0, 0.0]
    model = a_model(clock=lambda: now[0], index_lag=lambda: lags.pop(0))
    put_due(model, "1", "2026")
    put_due(model, "1", "2027")
    assert due(model) == []
    now[0] = 105.0
    assert due(model) == ["1 2027"]
    model.delete_item(TableName="things", Key=key())
    assert due(model) == []


def test_a_write_that_leaves_the_index_keys_alone_does_not_concern_the_index() -> None:
    now, lags = [100.0], [0.0, 9.0]
    model = a_model(clock=lambda: now[0], index_lag=lambda: lags.pop(0))
    put_due(model, "1", "2026")
    update = {"UpdateExpression": "SET s = :v", "ExpressionAttributeValues": {":v": s("x")}}
    model.update_item(TableName="things", Key=key(), **update)
    assert (due(model), lags) == (["1 2026"], [9.0])


def test_a_lagging_index_still_shows_what_is_deleted() -> None:
    now, lags = [100.0], [0.0, 3.0]
    model = a_model(clock=lambda: now[0], index_lag=lambda: lags.pop(0))
    put_due(model, "1", "2026")
    model.delete_item(TableName="things", Key=key())
    assert (due(model), model.items("things")) == (["1 2026"], [])
    now[0] = 103.0
    assert due(model) == []


def test_pages_go_on_where_the_cursor_was_though_its_item_is_gone(model: DynamoDB) -> None:
    for number in range(5):
        put_due(model, str(number), "2026")
    request: Json = {"TableName": "things", "IndexName": "due", "KeyConditionExpression": "slot = :slot", "Limit": 2}
    request["ExpressionAttributeValues"] = {":slot": s("D0")}
    page = model.query(**request)
    assert page["LastEvaluatedKey"] == key("a", "1") | {"slot": s("D0"), "due_at": s("2026")}
    model.delete_item(TableName="things", Key=key("a", "1"))
    following = model.query(**request, ExclusiveStartKey=page["LastEvaluatedKey"])
    assert [item["sk"]["S"] for item in following["Items"]] == ["2", "3"]
    backwards = model.query(**request, ExclusiveStartKey=following["LastEvaluatedKey"], ScanIndexForward=False)
    assert [item["sk"]["S"] for item in backwards["Items"]] == ["2", "0"]


def test_a_page_ends_past_one_megabyte(model: DynamoDB) -> None:
    for number in range(4):
        model.put_item(TableName="things", Item=key("a", str(number)) | {"s": s("x" * 390_000)})
    page = model.query(TableName="things", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": s("a")})
    assert (page["Count"], page["LastEvaluatedKey"]) == (3, key("a", "2"))


def test_a_batch_past_sixteen_megabytes_leaves_keys_unprocessed(model: DynamoDB) -> None:
    keys = [key("a", str(number)) for number in range(50)]
    for one in keys:
        model.put_item(TableName="things", Item=one | {"s": s("x" * 400_000)})
    answer = model.batch_get_item(RequestItems={"things": {"Keys": keys, "ConsistentRead": True}})
    left = answer["UnprocessedKeys"]["things"]
    assert len(answer["Responses"]["things"]) + len(left["Keys"]) == 50
    assert left["Keys"] == keys[len(answer["Responses"]["things"]) :]


def test_numbers_sort_as_numbers_and_strings_by_their_bytes(model: DynamoDB) -> None:
    for number in ("10", "9", "-1", "1e1", "0.5"):
        item = key("a", f"n{number}") | {"period": s("M1"), "n": n(number)}
        model.put_item(TableName="things", Item=item)
    values = {":pk": s("M1")}
    request = {"TableName": "things", "IndexName": "listed", "KeyConditionExpression": "period = :pk"}
    page = model.query(**request, ExpressionAttributeValues=values)
    assert [item["n"]["N"] for item in page["Items"]] == ["-1", "0.5", "9", "10", "10"]
    for text in ("~", "é", "Z", "\U0001f600", "\uffee"):
        model.put_item(TableName="things", Item=key("b", text))
    page = model.query(TableName="things", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": s("b")})
    assert [item["sk"]["S"] for item in page["Items"]] == ["Z", "~", "é", "\uffee", "\U0001f600"]


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("query", {"TableName": "things", "KeyConditionExpression": "pk = :v", "FilterExpression": "n = :n"}),
        ("get_item", {"TableName": "things", "Key": key(), "ProjectionExpression": "n"}),
        ("scan", {"TableName": "things", "IndexName": "due"}),
        ("put_item", {"TableName": "things", "Item": key(), "Expected": {}}),
        ("transact_write_items", {"TransactItems": [{"Put": {"TableName": "things", "Item": key(), "More": 1}}]}),
        ("create_table", THINGS | {"TableName": "more", "LocalSecondaryIndexes": [{}]}),
    ],
)
def test_what_is_not_modelled_says_so(model: DynamoDB, method: str, request_: Json) -> None:
    with pytest.raises(Unmodelled):
        getattr(model, method)(**request_)


def test_a_request_that_lacks_a_field_never_leaves_the_client(model: DynamoDB) -> None:
    with pytest.raises(ParamValidationError):
        model.get_item(TableName="things")


def test_an_unknown_table_is_not_found(model: DynamoDB) -> None:
    with pytest.raises(ClientError) as caught:
        model.get_item(TableName="nowhere", Key=key())
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(model.exceptions.ResourceInUseException):
        model.create_table(**THINGS)
    assert model.tables() == ["things", "locks"]


def test_a_copied_table_has_every_item_in_its_indexes_too_and_leaves_its_source_as_it_was(model: DynamoDB) -> None:
    put_due(model, "1", "2026")
    put_due(model, "2", "2025")
    other = a_model()
    put_due(other, "3", "2024")
    other.copy_from(model, "things")
    assert due(other) == ["3 2024", "2 2025", "1 2026"]
    request = {"TableName": "things", "UpdateExpression": "SET due_at = :at"}
    other.update_item(Key=key("a", "1"), ExpressionAttributeValues={":at": s("2020")}, **request)
    other.delete_item(TableName="things", Key=key("a", "2"))
    assert due(model) == ["2 2025", "1 2026"]
