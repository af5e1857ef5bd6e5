"""Requests that DynamoDB refuses before it reads any item, with a part of the error text."""

from __future__ import annotations

from typing import Any

from tests.dev.dynamodb_model.tables import Json, key, n, s

_BIG = "x" * (400 * 1024)


def _put(item: Json, **more: Any) -> tuple[str, Json]:
    return "put_item", {"TableName": "things", "Item": item, **more}


def _when(condition: str, **values: Json) -> tuple[str, Json]:
    given = {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}
    return _put(key(), ConditionExpression=condition, **given)


def _update(expression: str, **values: Json) -> tuple[str, Json]:
    given = {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}
    return "update_item", {"TableName": "things", "Key": key(), "UpdateExpression": expression, **given}


def _get(item_key: Json) -> tuple[str, Json]:
    return "get_item", {"TableName": "things", "Key": item_key}


def _query(condition: str, **more: Any) -> tuple[str, Json]:
    values = {":v": s("a"), ":w": s("b")}
    used = {name: value for name, value in values.items() if name in condition}
    request = {"TableName": "things", "KeyConditionExpression": condition, "ExpressionAttributeValues": used}
    return "query", request | more


def _batch(*keys: Json) -> tuple[str, Json]:
    return "batch_get_item", {"RequestItems": {"things": {"Keys": list(keys)}}}


def _transact(*items: Json, **more: Any) -> tuple[str, Json]:
    actions = [{"Put": {"TableName": "things", "Item": item}} for item in items]
    return "transact_write_items", {"TransactItems": actions, **more}


INVALID = {
    "no range key": (_put({"pk": s("a")}), "Missing the key sk"),
    "key of a wrong type": (_put({"pk": s("a"), "sk": n(1)}), "Type mismatch for key sk"),
    "empty key": (_put(key("", "1")), "empty string value. Key: pk"),
    "long hash key": (_put(key("x" * 2049)), "hashkey has exceeded"),
    "long range key": (_put(key("a", "x" * 1025)), "range keys has exceeded"),
    "index key of a wrong type": (_put(key() | {"n": s("1")}), "Type mismatch for Index Key n"),
    "empty index key": (_put(key() | {"slot": s("")}), "IndexKey: slot"),
    "no value": (_put(key() | {"s": {}}), "is empty"),
    "two values": (_put(key() | {"s": {"S": "a", "N": "1"}}), "more than one datatypes"),
    "empty set": (_put(key() | {"g": {"SS": []}}), "may not be empty"),
    "set with a repeat": (_put(key() | {"g": {"NS": ["1", "1.0"]}}), "contains duplicates"),
    "null that is false": (_put(key() | {"s": {"NULL": False}}), "Null attribute value"),
    "no number": (_put(key() | {"v": n("ten")}), "cannot be converted to a numeric value"),
    "number with a blank": (_put(key() | {"v": n("1 ")}), "cannot be converted to a numeric value"),
    "number of 39 digits": (_put(key() | {"v": n("1" * 39)}), "more than 38 significant digits"),
    "huge number": (_put(key() | {"v": n("1e126")}), "Number overflow"),
    "tiny number": (_put(key() | {"v": n("1e-131")}), "Number underflow"),
    "item too large": (_put(key() | {"s": s(_BIG)}), "Item size has exceeded"),
    "item grown too large": (_update("SET s = :v", v=s(_BIG)), "Item size to update has exceeded"),
    "put that returns the new": (_put(key(), ReturnValues="ALL_NEW"), "Return values"),
    "empty condition": (_when(""), "can not be empty"),
    "half a condition": (_when("n ="), "Syntax error"),
    "two conditions": (_when("attribute_exists(n) attribute_exists(s)"), "Syntax error"),
    "strange character": (_when("n = ?"), "Syntax error"),
    "unknown function": (_when("length(n) > :v", v=n(1)), "Invalid function name; function: length"),
    "reserved word": (_when("attribute_exists(status)"), "reserved keyword: status"),
    "reserved word inside": (_when("attribute_exists(m.status)"), "reserved keyword: status"),
    "undefined name": (_when("attribute_exists(#s)"), "is not defined; attribute name: #s"),
    "undefined value": (_when("n = :v"), "is not defined; attribute value: :v"),
    "unused value": (_when("attribute_exists(n)", v=n(1)), "unused in expressions: keys: {:v}"),
    "unused name": (
        _put(key(), ConditionExpression="attribute_exists(n)", ExpressionAttributeNames={"#s": "s"}),
        "unused in expressions: keys: {#s}",
    ),
    "names without an expression": (_put(key(), ExpressionAttributeNames={"#s": "s"}), "only be specified when"),
    "no values at all": (
        _put(key(), ConditionExpression="attribute_exists(n)", ExpressionAttributeValues={}),
        "must not be empty",
    ),
    "order of a truth": (_when("n < :v", v={"BOOL": True}), "Incorrect operand type"),
    "prefix that is a number": (_when("begins_with(s, :v)", v=n(1)), "Incorrect operand type"),
    "bounds of two types": (_when("n BETWEEN :v AND :w", v=n(1), w=s("a")), "same data type"),
    "update of a key": (_update("SET sk = :v", v=s("2")), "Cannot update attribute sk"),
    "removal of a key": (_update("REMOVE pk"), "Cannot update attribute pk"),
    "one path twice": (_update("SET n = :v REMOVE n", v=n(1)), "Two document paths overlap"),
    "path and its part": (_update("SET m = :v, m.x = :v", v=n(1)), "Two document paths overlap"),
    "section twice": (_update("SET n = :v SET s = :v", v=n(1)), "can only be used once"),
    "sum with a string": (_update("SET n = n + :v", v=s("1")), "Incorrect operand type"),
    "added string": (_update("ADD n :v", v=s("1")), "Incorrect operand type"),
    "deleted number": (_update("DELETE n :v", v=n(1)), "Incorrect operand type"),
    "copy of what is absent": (_update("SET n = s"), "does not exist in the item"),
    "sum with what is absent": (_update("SET n = n + :v", v=n(1)), "does not exist in the item"),
    "path through nothing": (_update("SET m.x = :v", v=n(1)), "document path provided"),
    "key with too little": (_get({"pk": s("a")}), "does not match the schema"),
    "key with too much": (_get(key() | {"n": n(1)}), "does not match the schema"),
    "key with another type": (_get({"pk": s("a"), "sk": n(1)}), "does not match the schema"),
    "empty key asked for": (_get(key("a", "")), "empty string value. Key: sk"),
    "query without the hash key": (_query("sk = :v"), "missed key schema element: pk"),
    "query by another attribute": (_query("pk = :v AND n = :w"), "missed key schema element: sk"),
    "query by an order of the hash key": (_query("pk > :v"), "not supported"),
    "query with OR": (_query("pk = :v OR sk = :w"), "Invalid operator"),
    "query with unequal": (_query("pk = :v AND sk <> :w"), "Invalid operator"),
    "query of two ranges": (_query("pk = :v AND sk > :w AND sk < :w"), "one condition per key"),
    "query by a wrong type": (
        _query("pk = :v", ExpressionAttributeValues={":v": n(1)}),
        "does not match schema type",
    ),
    "query of no index": (_query("pk = :v", IndexName="none"), "does not have the specified index"),
    "consistent query of an index": (
        _query("slot = :v", IndexName="due", ConsistentRead=True),
        "Consistent reads are not supported",
    ),
    "no limit at all": (_query("pk = :v", Limit=0), "limit"),
    "cursor that is no key": (_query("pk = :v", ExclusiveStartKey={"pk": s("a")}), "starting key is invalid"),
    "cursor of an index without its keys": (
        _query("slot = :v", IndexName="due", ExclusiveStartKey=key()),
        "starting key is invalid",
    ),
    "batch of nothing": (("batch_get_item", {"RequestItems": {}}), "greater than or equal to 1"),
    "batch of no keys": (_batch(), "greater than or equal to 1"),
    "batch of one key twice": (_batch(key(), key()), "contains duplicates"),
    "batch of 101": (_batch(*(key("a", str(number)) for number in range(101))), "Too many items"),
    "transaction of nothing": (_transact(), "greater than or equal to 1"),
    "transaction of 101": (_transact(*(key("a", str(number)) for number in range(101))), "less than or equal to 100"),
    "one item twice in a transaction": (_transact(key(), key()), "multiple operations on one item"),
    "transaction over 4 MB": (
        _transact(*(key("a", str(number)) | {"s": s("x" * 400_000)} for number in range(11))),
        "4 MB",
    ),
    "long token": (_transact(key(), ClientRequestToken="x" * 37), "clientRequestToken"),
    "update without an expression": (
        ("transact_write_items", {"TransactItems": [{"Update": {"TableName": "things", "Key": key()}}]}),
        "Update expression",
    ),
}
