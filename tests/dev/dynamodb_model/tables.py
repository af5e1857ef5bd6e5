"""The tables of these tests: one with both kinds of index, one without a sort key."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def s(text: str) -> Json:
    return {"S": text}


def n(number: int | str) -> Json:
    return {"N": str(number)}


def key(pk: str = "a", sk: str = "1") -> Json:
    return {"pk": s(pk), "sk": s(sk)}


def _keys(*names: str) -> list[Json]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)]


def _index(name: str, projection: Json, *names: str) -> Json:
    return {"IndexName": name, "KeySchema": _keys(*names), "Projection": projection}


_TYPES = {"pk": "S", "sk": "S", "slot": "S", "due_at": "S", "period": "S", "n": "N"}

THINGS: Json = {
    "TableName": "things",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": _keys("pk", "sk"),
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": tag} for name, tag in _TYPES.items()],
    "GlobalSecondaryIndexes": [
        _index("due", {"ProjectionType": "KEYS_ONLY"}, "slot", "due_at"),
        _index("listed", {"ProjectionType": "ALL"}, "period", "n"),
    ],
}
LOCKS: Json = {
    "TableName": "locks",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": _keys("pk"),
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}
