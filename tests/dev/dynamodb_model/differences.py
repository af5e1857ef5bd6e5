"""Where the model and moto answer differently, and why the model is right. Random programs avoid these requests.

Each row stands under the deciding page of AWS: items before, the call, moto's answer, the model's. An answer is an
error code, a list of the reasons of a cancelled transaction, or a part of the answer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.dev.dynamodb_model.compare import Call
from tests.dev.dynamodb_model.tables import Json, key, n, s


class Difference(NamedTuple):
    why: str
    before: tuple[Json, ...]
    call: Call
    of_moto: Any
    of_model: Any


CRASH = "crash"  # moto raises a Python error: the server answers 500.
INVALID = "ValidationException"
FAILED = "ConditionalCheckFailedException"


def _item(**attributes: Json) -> Json:
    return key() | attributes


def _put(condition: str, **more: Any) -> Call:
    request = {"TableName": "things", "Item": _item(), "ConditionExpression": condition}
    return "put_item", request | _values(more)


def _new(**attributes: Json) -> Call:
    return "put_item", {"TableName": "things", "Item": _item(**attributes)}


def _update(expression: str, returned: str = "NONE", **values: Json) -> Call:
    request: Json = {"TableName": "things", "Key": key(), "UpdateExpression": expression, "ReturnValues": returned}
    return "update_item", request | _values(values)


def _query(condition: str, values: dict[str, Json], **more: Any) -> Call:
    return "query", {"TableName": "things", "KeyConditionExpression": condition} | _values(values) | more


def _values(values: dict[str, Any]) -> Json:
    return {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}


def _transact(*actions: Json, **more: Any) -> Call:
    return "transact_write_items", {"TransactItems": list(actions), **more}


def _write(verb: str, sk: str, **more: Any) -> Json:
    where = {"Item": key("a", sk)} if verb == "Put" else {"Key": key("a", sk)}
    return {verb: {"TableName": "things", **where, **more}}


_FULL = _item(s=s("b"), n=n(1), l={"L": [s("x")]}, m={"M": {"y": n(1)}}, g={"SS": ["a", "b"]}, flag={"BOOL": True})
_NOTHING: Json = {"Items": [], "Count": 0, "ScannedCount": 0}

_GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
_API = "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/"

_BY_PAGE = {  # By the page of AWS that decides.
    _GUIDE + "Expressions.OperatorsAndFunctions.html": {
        "IN of 101": Difference(
            "IN has 100 values at most",
            (),
            _put(f"n IN ({', '.join(f':v{at}' for at in range(101))})", **{f"v{at}": n(at) for at in range(101)}),
            FAILED,
            INVALID,
        ),
        "size of what is absent": Difference(
            "it is no number, so nothing holds of it", (), _put("size(s) > :n", n=n(0)), CRASH, FAILED
        ),
        "size of a number": Difference("it has none", (_FULL,), _put("size(n) > :n", n=n(0)), CRASH, FAILED),
        "one is not true": Difference(
            "unlike types are not equal", (_FULL,), _put("n IN (:v)", v={"BOOL": True}), {}, FAILED
        ),
        "absent beside absent": Difference("what is absent equals nothing", (), _put("s = due_at"), {}, FAILED),
        "absent differs from absent": Difference(
            "what is absent differs from everything", (), _put("s <> due_at"), FAILED, {}
        ),
        "null is a value": Difference(
            "an attribute of type NULL is there", (), _put("s = :v", v={"NULL": True}), {}, FAILED
        ),
        "not not": Difference("NOT may be repeated", (), _put("NOT NOT attribute_not_exists(pk)"), CRASH, {}),
        "order of unlike types": Difference(
            "unlike types have no order", (_FULL,), _put("n < :v", v=s("z")), CRASH, FAILED
        ),
        "order of sets": Difference("sets have no order", (_FULL,), _put("g < :v", v=s("z")), CRASH, FAILED),
        "order of truths": Difference("booleans have no order", (_FULL,), _put("flag > :v", v=n(0)), {}, FAILED),
        "between unlike types": Difference(
            "unlike types have no order", (_FULL,), _put("n BETWEEN :a AND :b", a=s("a"), b=s("b")), CRASH, FAILED
        ),
        "order by a truth": Difference(
            "only strings, numbers and bytes are ordered", (), _put("s < :v", v={"BOOL": True}), FAILED, INVALID
        ),
        "bounds the wrong way round": Difference(
            "the lower bound comes first", (), _put("s BETWEEN :a AND :b", a=s("b"), b=s("a")), FAILED, INVALID
        ),
        "same operand twice": Difference("the operands must be distinct", (_FULL,), _put("s = s"), {}, INVALID),
    },
    _GUIDE + "Expressions.ExpressionAttributeValues.html": {
        "unused value of a condition": Difference(
            "every value must be used", (), _put("attribute_not_exists(s)", v=s("x")), {}, INVALID
        ),
        "values without an expression": Difference(
            "they belong to an expression",
            (),
            ("put_item", {"TableName": "things", "Item": _item()} | _values({"v": s("x")})),
            {},
            INVALID,
        ),
        "undefined value": Difference("every value must be given", (), _put("s = :v"), CRASH, INVALID),
        "unused value of a query": Difference(
            "every value must be used", (), _query("pk = :pk", {"pk": s("a"), "v": s("x")}), _NOTHING, INVALID
        ),
    },
    _GUIDE + "Expressions.UpdateExpressions.html": {
        "taking from nothing": Difference(
            "an update that only takes away makes no item",
            (),
            _update("REMOVE s", "ALL_NEW"),
            {"Attributes": key()},
            {},
        ),
        "keys of a new item": Difference(
            "keys are not updated",
            (),
            _update("SET s = :v", "UPDATED_NEW", v=s("x")),
            {"Attributes": key() | {"s": s("x")}},
            {"Attributes": {"s": s("x")}},
        ),
        "what stayed the same": Difference(
            "it was updated, though with the same",
            (_FULL,),
            _update("SET s = :v, n = :n", "UPDATED_OLD", v=s("b"), n=n(2)),
            {"Attributes": {"n": n(1)}},
            {"Attributes": {"s": s("b"), "n": n(1)}},
        ),
        "nothing updated to show": Difference(
            "no attributes, no Attributes", (_FULL,), _update("REMOVE absent", "UPDATED_NEW"), {"Attributes": {}}, {}
        ),
        "path through a number": Difference(
            "a number has no elements", (_FULL,), _update("SET m.y.z = :v", v=s("x")), {}, INVALID
        ),
        "sum with an exponent": Difference(
            "a number may be written with one",
            (),
            _update("ADD n :v", "UPDATED_NEW", v=n("1e1")),
            CRASH,
            {"Attributes": {"n": n("10")}},
        ),
        "copy of a key": Difference(
            "a key may be read, though not written",
            (key(),),
            _update("SET s = pk", "UPDATED_NEW"),
            INVALID,
            {"Attributes": {"s": s("a")}},
        ),
    },
    _GUIDE + "HowItWorks.NamingRulesDataTypes.html": {
        "39 digits": Difference("a number has 38 at most", (), _new(n=n("1" * 39)), {}, INVALID),
        "the same twice in a set": Difference(
            "a set has each element once", (), _new(g={"SS": ["a", "a"]}), {}, INVALID
        ),
        "empty set in an update": Difference(
            "a set is not empty",
            (key(),),
            _update("SET g = :v", "UPDATED_NEW", v={"SS": []}),
            {"Attributes": {"g": {"SS": []}}},
            INVALID,
        ),
        "empty set in a condition": Difference("a set is not empty", (), _put("g = :v", v={"SS": []}), FAILED, INVALID),
    },
    _GUIDE + "GSI.html": {
        "key of an index of another type": Difference(
            "an attribute that an index has for a key is of the key's type", (), _new(slot=n(1)), {}, INVALID
        ),
    },
    _GUIDE + "Query.Pagination.html": {
        "cursor after the last item": Difference(
            "a full page has a cursor, whatever follows",
            (key(),),
            _query("pk = :pk", {"pk": s("a")}, Limit=1),
            {"Items": [key()], "Count": 1, "ScannedCount": 1},
            {"Items": [key()], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": key()},
        ),
        "cursor of another partition": Difference(
            "a cursor belongs to its query",
            (),
            _query("pk = :pk", {"pk": s("a")}, ExclusiveStartKey=key("b")),
            _NOTHING,
            INVALID,
        ),
    },
    _API + "API_TransactWriteItems.html": {
        "all reasons at once": Difference(
            "every action is looked at, and each has its reason",
            (key("a", "2"),),
            _transact(
                _write("Update", "1", UpdateExpression="SET n = s + :v", ExpressionAttributeValues={":v": n(1)}),
                _write("Put", "2", ConditionExpression="attribute_not_exists(pk)"),
            ),
            INVALID,
            ["ValidationError", "ConditionalCheckFailed"],
        ),
        "wrong item in a transaction": Difference(
            "what the request alone shows is refused before anything is looked at",
            (),
            _transact({"Put": {"TableName": "things", "Item": key() | {"n": s("no number")}}}),
            {},
            INVALID,
        ),
        "no actions": Difference("there must be one", (), _transact(), {}, INVALID),
    },
}
DIFFERENCES = {name: row for rows in _BY_PAGE.values() for name, row in rows.items()}
