"""Random programs of requests about the same items."""

from __future__ import annotations

from tests.dev.dynamodb_model.compare import Call
from tests.dev.dynamodb_model.drawing import DUE, NUMBERS, Draw
from tests.dev.dynamodb_model.tables import Json, n, s


class Program(Draw):
    def calls(self) -> list[Call]:
        kinds = (self._put, self._update, self._delete, self._get, self._batch, self._query, self._scan, self._transact)
        weights = (5, 6, 2, 2, 1, 5, 1, 5)
        begun = [self._first() for _ in range(self._random.randint(0, 5))]
        count = self._random.randint(3, 12 - len(begun))
        return begun + [kind() for kind in self._random.choices(kinds, weights, k=count)]

    def _worded(self, request: Json) -> Json:
        if self._values:
            request["ExpressionAttributeValues"] = self._values
        if self._names:
            request["ExpressionAttributeNames"] = self._names
        self._values, self._names = {}, {}
        return request

    def _conditional(self, request: Json, share: float = 0.6) -> Json:
        # Removing from an absent item is one of `differences`.
        wanted = ["attribute_exists(pk)"] if self._only_takes else []
        self._only_takes = False
        if self._chance(share):
            wanted.append(f"({self._compare()} OR {self._exists()})" if wanted else self._condition())
        if wanted:
            request["ConditionExpression"] = " AND ".join(wanted)
        if wanted and self._chance(0.7):
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return self._worded(request)

    def _first(self) -> Call:
        """An item that both indexes show."""
        item = self._item("things") | {name: self._value(name) for name in ("slot", "due_at", "period", "n")}
        return "put_item", {"TableName": "things", "Item": item}

    def _put(self) -> Call:
        table = self._one(("things", "things", "locks"))
        request = {"TableName": table, "Item": self._item(table)}
        if self._chance(0.04):
            request["Item"] |= self._one(({"g": {"SS": []}}, {"h": {"NS": []}}, {"m": {"M": {"x": {"SS": []}}}}))
        if self._chance(0.3):
            request["ReturnValues"] = "ALL_OLD"
        return "put_item", self._conditional(request)

    def _update(self) -> Call:
        table = self._one(("things", "things", "locks"))
        request = {"TableName": table, "Key": self._key(table), "UpdateExpression": self._update_expression()}
        is_quirky = any(mark in request["UpdateExpression"] for mark in (".", "["))
        returned = ("NONE", "ALL_OLD", "ALL_NEW") + (() if is_quirky else ("UPDATED_OLD", "UPDATED_NEW"))
        request["ReturnValues"] = self._one(returned)
        return "update_item", self._conditional(request, 0.4)

    def _delete(self) -> Call:
        table = self._one(("things", "things", "locks"))
        request = {"TableName": table, "Key": self._key(table), "ReturnValues": self._one(("NONE", "ALL_OLD"))}
        return "delete_item", self._conditional(request, 0.4)

    def _get(self) -> Call:
        table = self._one(("things", "locks"))
        return "get_item", {"TableName": table, "Key": self._key(table), "ConsistentRead": True}

    def _batch(self) -> Call:
        query = {}
        for table in ("things", "locks"):
            keys = [self._key(table) for _ in range(self._random.randint(1, 2))]
            query[table] = {"Keys": keys, "ConsistentRead": True}
        return "batch_get_item", {"RequestItems": query}

    def _scan(self) -> Call:
        return "scan", {"TableName": self._one(("things", "locks"))}

    def _query(self) -> Call:
        index = self._one(("", "due", "listed"))
        names = {"": ("pk", "sk"), "due": ("slot", "due_at"), "listed": ("period", "n")}[index]
        hashes = {"": ("a", "b"), "due": ("D0", "D1"), "listed": ("M1", "M2")}[index]
        request: Json = {"TableName": "things", "ScanIndexForward": self._chance(0.6)}
        hashed = s(self._one(hashes))
        condition = f"{names[0]} = {self._placeholder(hashed)}"
        if self._chance(0.5):
            condition += " AND " + self._range(names[1])
        request["KeyConditionExpression"] = self._aliased(condition, names[0])
        if index:
            request["IndexName"] = index
        else:
            request["ConsistentRead"] = self._chance(0.5)
        if not index and self._chance(0.2):
            request["ExclusiveStartKey"] = self._key() | {"pk": hashed}
        if self._chance(0.5):
            request["Limit"] = self._random.randint(1, 2)
        return "query", self._worded(request)

    def _aliased(self, condition: str, name: str) -> str:
        if self._chance(0.8):
            return condition
        self._names["#k"] = name
        return condition.replace(f"{name} =", "#k =", 1)

    def _range(self, name: str) -> str:
        options = {"sk": ("1", "10", "2", "é", "~"), "due_at": DUE, "n": NUMBERS}[name]
        code = self._one(("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"))
        make = n if name == "n" else s
        if code == "BETWEEN" or (code == "begins_with" and name == "n"):
            low, high = sorted(self._random.sample(options, 2), key=float if name == "n" else str)
            return f"{name} BETWEEN {self._placeholder(make(low))} AND {self._placeholder(make(high))}"
        if code == "begins_with":
            return f"begins_with({name}, {self._placeholder(s(self._one(options)[:2]))})"
        return f"{name} {code} {self._placeholder(make(self._one(options)))}"

    def _transact(self) -> Call:
        actions = [self._action() for _ in range(self._one((1, 2, 2, 3, 4)))]
        token = {"ClientRequestToken": f"{self._random.getrandbits(128):032x}"} if self._chance(0.5) else {}
        return "transact_write_items", {"TransactItems": actions} | token

    def _action(self) -> Json:
        table = self._one(("things", "things", "locks"))
        verb = self._one(("Put", "Put", "Update", "Delete", "ConditionCheck"))
        request: Json = {"TableName": table}
        if verb == "Put":
            request["Item"] = self._item(table)
        else:
            request["Key"] = self._key(table)
        if verb == "Update":
            request["UpdateExpression"] = self._update_expression()
        return {verb: self._conditional(request, 1.0 if verb == "ConditionCheck" else 0.6)}
