"""Send one request to moto and the model, and compare what is comparable in the answers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from dev.dynamodb_model import DynamoDB
from tests.dev.dynamodb_model.moto_calls import Moto, Refused
from tests.dev.dynamodb_model.tables import LOCKS, THINGS, Json

_FIELDS = ("Item", "Items", "Count", "ScannedCount", "LastEvaluatedKey", "Attributes", "Responses", "UnprocessedKeys")
Call = tuple[str, Json]


def a_model(**options: Any) -> DynamoDB:
    model = DynamoDB(**options)
    for table in (THINGS, LOCKS):
        model.create_table(**table)
    return model


def answer_of_model(model: DynamoDB, call: Call) -> Any:
    method, request = call
    return _answer(lambda: getattr(model, method)(**request))


def answer_of_moto(moto: Moto, call: Call) -> Any:
    return _answer(lambda: in_one_form(moto.call(*call)))


def _answer(ask: Callable[[], Json]) -> Any:
    try:
        answer = ask()
    except ClientError as refused:
        return _refusal(refused.response)
    except Refused as refused:
        return _refusal(in_one_form(refused.response))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as crash:
        return ("crash", type(crash).__name__)
    return {name: unordered(answer[name]) for name in _FIELDS if name in answer}


def agree(moto: Moto, model: DynamoDB, call: Call) -> list[str]:
    """Differences between the two about one call; for a query, over all its pages."""
    before = _item_of(model, call)
    of_moto, of_model = answer_of_moto(moto, call), answer_of_model(model, call)
    following = isinstance(of_model, dict) and of_model.get("LastEvaluatedKey")
    if _as_moto_says(call, of_moto, of_model, model, before) != of_moto:
        return [f"{call}", f"moto:  {of_moto}", f"model: {of_model}"]
    if not following or "LastEvaluatedKey" not in of_moto:
        return []
    return agree(moto, model, (call[0], call[1] | {"ExclusiveStartKey": following}))


def _as_moto_says(call: Call, of_moto: Any, of_model: Any, model: DynamoDB, before: Json) -> Any:
    """The expected differences that show only in the answers."""
    if _is_cancelled(of_model) and ("ValidationError", None) in of_model[1]:
        return "ValidationException", [], None  # moto stops at the first invalid action, without reasons.
    if not isinstance(of_moto, dict) or not isinstance(of_model, dict):
        return of_model
    if call[0] == "scan":
        by_key = {str(item): item for item in of_model["Items"]}
        in_order = [by_key.get(str(item)) for item in of_moto["Items"]]
        return of_model | {"Items": in_order} if len(by_key) == len(in_order) else of_model
    if "LastEvaluatedKey" in of_model and "LastEvaluatedKey" not in of_moto:
        return _without_idle_cursor(call, of_model, model)
    if call[1].get("ReturnValues", "").startswith("UPDATED"):
        return _updated(call, of_moto, of_model, (before, _item_of(model, call)))
    return of_model


def _without_idle_cursor(call: Call, of_model: Json, model: DynamoDB) -> Json:
    method, request = call
    following = answer_of_model(model, (method, request | {"ExclusiveStartKey": of_model["LastEvaluatedKey"]}))
    if following["Items"]:
        return of_model
    return {name: value for name, value in of_model.items() if name != "LastEvaluatedKey"}


def _item_of(model: DynamoDB, call: Call) -> Json:
    method, request = call
    if method != "update_item":
        return {}
    found: Json = unordered(model.get_item(TableName=request["TableName"], Key=request["Key"]).get("Item", {}))
    return found


def _updated(call: Call, of_moto: Json, of_model: Json, items: tuple[Json, Json]) -> Json:
    """moto leaves out unchanged attributes, and shows the keys of a new item."""
    shown, reported = of_model.get("Attributes", {}), of_moto.get("Attributes", {})
    before, after = items
    stayed = {name for name in shown if name not in reported and before.get(name) == after.get(name)}
    stored = {name: value for name, value in shown.items() if name not in stayed}
    if not before:
        stored |= {name: value for name, value in call[1]["Key"].items() if name in reported}
    return {"Attributes": stored} if stored or "Attributes" in of_moto else {}


def _is_cancelled(answer: Any) -> bool:
    return isinstance(answer, tuple) and answer[0] == "TransactionCanceledException"


def _refusal(response: Any) -> Any:
    reasons = [(one.get("Code"), unordered(one.get("Item"))) for one in response.get("CancellationReasons", ())]
    return (response["Error"]["Code"], reasons, unordered(response.get("Item")))


def in_one_form(value: Any) -> Any:
    """moto returns a number as it was written; DynamoDB does not."""
    if isinstance(value, list):
        return [in_one_form(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _number(name, one) for name, one in value.items()}


def _number(name: str, value: Any) -> Any:
    if name == "N" and isinstance(value, str):
        return f"{abs(plain) if not (plain := Decimal(value).normalize()) else plain:f}"
    if name == "NS" and isinstance(value, list):
        return [_number("N", one) for one in value]
    return in_one_form(value)


def unordered(value: Any) -> Any:
    """Sets have no order."""
    if isinstance(value, list):
        return [unordered(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: sorted(one) if name in ("SS", "NS") and isinstance(one, list) else unordered(one)
        for name, one in value.items()
    }
