"""Requests, answers and refusals by botocore's own model of DynamoDB."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from dev.dynamodb_model.errors import cancelled, condition_failed, reason
from dev.dynamodb_model.shapes import KEYS_MAX, Door, Misshapen, operations, wrong_answer, wrong_refusal, wrong_request
from tests.dev.dynamodb_model.compare import a_model
from tests.dev.dynamodb_model.tables import Json, key, n, s

_THERE: Json = {"TableName": "things", "Key": key()}
_PUT: Json = {"Put": {"TableName": "things", "Item": key()}}
_QUERY: Json = {
    "TableName": "things",
    "KeyConditionExpression": "pk = :pk",
    "ExpressionAttributeValues": {":pk": s("a")},
}
_MANY = [key("a", str(number)) for number in range(KEYS_MAX)]

_REQUESTS: dict[str, tuple[str, Json, str]] = {
    "unknown parameter": ("get_item", _THERE | {"Consistent": True}, 'Unknown parameter in input: "Consistent"'),
    "unknown parameter within": (
        "transact_write_items",
        {"TransactItems": [{"Put": _PUT["Put"] | {"ReturnValues": "NONE"}}]},
        'Unknown parameter in TransactItems[0].Put: "ReturnValues"',
    ),
    "nothing that is required": ("get_item", {"TableName": "things"}, 'Missing required parameter in input: "Key"'),
    "another type": ("query", _QUERY | {"Limit": "2"}, "Invalid type for parameter Limit"),
    "bad enum": ("put_item", _PUT["Put"] | {"ReturnValues": "OLD"}, "'OLD' is none of NONE, ALL_OLD"),
    "bad enum of a failed condition": (
        "transact_write_items",
        {"TransactItems": [{"Put": _PUT["Put"] | {"ReturnValuesOnConditionCheckFailure": "ALL_NEW"}}]},
        "'ALL_NEW' is none of ALL_OLD, NONE",
    ),
    "no actions": ("transact_write_items", {"TransactItems": []}, "Invalid length for parameter TransactItems"),
    "101 actions": ("transact_write_items", {"TransactItems": [_PUT] * 101}, "TransactItems is more than 100"),
    "long token": (
        "transact_write_items",
        {"TransactItems": [_PUT], "ClientRequestToken": "x" * 37},
        "ClientRequestToken is more than 36",
    ),
    "101 keys of a table": (
        "batch_get_item",
        {"RequestItems": {"things": {"Keys": [*_MANY, key()]}}},
        "Keys is more than 100",
    ),
    "101 keys of two tables": (
        "batch_get_item",
        {"RequestItems": {"things": {"Keys": _MANY}, "locks": {"Keys": [{"pk": s("a")}]}}},
        "101 keys are not 1 to 100",
    ),
    "no tables": ("batch_get_item", {"RequestItems": {}}, "0 keys are not 1 to 100"),
    "limit of nothing": ("query", _QUERY | {"Limit": 0}, "Invalid value for parameter Limit"),
    "bad name of an index": ("query", _QUERY | {"IndexName": "by due"}, "'by due' is not like"),
    "long name of a table": ("get_item", _THERE | {"TableName": "x" * 1025}, "TableName is more than 1024"),
    "value of two types": ("put_item", {"TableName": "things", "Item": {"pk": s("a") | n(1)}}, "pk has 2 types"),
    "value of no type": ("put_item", {"TableName": "things", "Item": {"m": {"M": {"x": {}}}}}, "m.M.x has 0 types"),
    "number that is no text": ("put_item", {"TableName": "things", "Item": {"n": {"N": 1}}}, "Invalid type"),
}


@pytest.mark.parametrize("name", _REQUESTS)
def test_a_wrong_request_is_refused_before_it_is_sent(name: str) -> None:
    method, request, words = _REQUESTS[name]
    assert words in wrong_request(operations()[method], request)
    with pytest.raises(Misshapen):
        getattr(Door(a_model()), method)(**request)


_ANSWERS: dict[str, tuple[str, Json, str]] = {
    "unknown member": ("get_item", {"Items": []}, 'Unknown parameter in input: "Items"'),
    "item that is none": ("get_item", {"Item": None}, "Invalid type for parameter Item"),
    "count that is no number": ("query", {"Items": [], "Count": "0"}, "Invalid type for parameter Count"),
    "value of two types": ("query", {"Items": [{"pk": s("a") | n(1)}]}, "Items.0.pk has 2 types"),
    "bare list of keys left": ("batch_get_item", {"UnprocessedKeys": {"things": [key()]}}, "Invalid type"),
}


@pytest.mark.parametrize("name", _ANSWERS)
def test_a_wrong_answer_is_seen(name: str) -> None:
    method, answer, words = _ANSWERS[name]
    assert words in wrong_answer(operations()[method], answer)


_ONE: Json = {"TransactItems": [_PUT]}
_FAILED = condition_failed("PutItem", key())


def _cancelled(*codes: str) -> Any:
    return cancelled([reason(code) for code in codes])


_REFUSALS: dict[str, tuple[str, Any, str]] = {
    "of another operation": ("get_item", _FAILED, "GetItem never answers ConditionalCheckFailedException"),
    "condition of a transaction": ("transact_write_items", _FAILED, "never answers ConditionalCheckFailedException"),
    "no reason at all": ("transact_write_items", _cancelled("None"), "are no reasons"),
    "reasons of more actions": ("transact_write_items", _cancelled("None", "TransactionConflict"), "are no reasons"),
    "unknown reason": ("transact_write_items", _cancelled("Conflict"), "are no reasons"),
    "item that is none": ("put_item", condition_failed("PutItem", {"pk": {}}), "Item.pk has 0 types"),
}


@pytest.mark.parametrize("name", _REFUSALS)
def test_a_refusal_that_the_operation_does_not_know_is_seen(name: str) -> None:
    method, refusal, words = _REFUSALS[name]
    assert words in wrong_refusal(operations()[method], _ONE, refusal.response)


def test_the_door_lets_through_what_is_well_shaped_and_checks_one_call_in_so_many() -> None:
    reported: list[str] = []
    turns = itertools.cycle((False, False, True))
    door = Door(a_model(), lambda: next(turns), reported.append)
    for _ in range(6):
        door.put_item(**_PUT["Put"], ReturnValuesOnConditionCheckFailure="ALL_NEW")
    assert len(reported) == 2
    assert door.get_item(**_THERE)["Item"] == key()


def test_answers_and_errors_are_checked_too() -> None:
    class Odd:
        def get_item(self, **request: Any) -> Json:
            if request["Key"] == key():
                raise _FAILED
            return {"Items": []}

    for wanted in (_THERE, _THERE | {"Key": key("b")}):
        with pytest.raises(Misshapen):
            Door(Odd()).get_item(**wanted)
