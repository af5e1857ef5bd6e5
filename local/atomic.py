"""Makes moto's DynamoDB atomic.

Stock moto copies whole tables to roll a transaction back, without a lock: concurrent writers lose each other's
money. Here every request takes one lock, a transaction checks all conditions before it writes and keeps only the
items it touches, and ClientRequestToken is honoured.
"""

import copy
import functools
import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.exceptions import (
    MockValidationException,
    MultipleTransactionsException,
    TooManyTransactionsException,
    TransactionCanceledException,
    TransactWriteSingleOpException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.responses import DynamoHandler

from local.patching import replace

Attributes = dict[str, Any]  # In DynamoDB's JSON: {"pk": {"S": "…"}}.
Reason = tuple[str | None, str | None, Attributes | None]


@dataclass(frozen=True)
class Change:
    """One item as a successful write left it."""

    table: str
    key: Attributes
    item: Attributes | None  # None: deleted.


Observer = Callable[[list[Change]], None]

_TRANSACTION_ITEMS_MAX = 100
_TOKEN_SECONDS = 600
_TOKENS = "_client_request_tokens"  # Kept on the backend, so that moto's reset forgets them too.
_LOCK = threading.RLock()
_observers: list[Observer] = []


class IdempotentParameterMismatch(JsonRESTError):
    code = 400

    def __init__(self) -> None:
        super().__init__(
            "IdempotentParameterMismatchException",
            "The request parameters differ from those of the first request that used this token",
        )


@functools.cache  # Patching twice would wrap the wrapper.
def install() -> None:
    replace(DynamoDBBackend, "transact_write_items", _transact_write_items)
    replace(DynamoHandler, "call_action", _locked(DynamoHandler.call_action))
    replace(DynamoHandler, "transact_write_items", _once_a_token(DynamoHandler.transact_write_items))


def observe(observer: Observer) -> None:
    """The observer is called, under the lock, before the writer gets its answer."""
    _observers.append(observer)


def _locked(call_action: Callable[[DynamoHandler], Any]) -> Callable[[DynamoHandler], Any]:
    @functools.wraps(call_action)
    def locked(self: DynamoHandler) -> Any:
        with _LOCK:
            answer = call_action(self)
            if _observers and answer[0] == 200:
                _report(self)
            return answer

    return locked


def _report(handler: DynamoHandler) -> None:
    backend = handler.dynamodb_backend
    changes = [_change(backend, table, key) for table, key in _written(handler)]
    if changes:
        for observer in _observers:
            observer(changes)


def _change(backend: DynamoDBBackend, table: str, given: Attributes) -> Change:
    key = _key(backend, table, given)
    item = backend.get_item(table, key)
    return Change(table, key, _attributes(item) if item else None)


def _written(handler: DynamoHandler) -> list[tuple[str, Attributes]]:
    action, body = handler._get_action(), handler.body
    if action in ("PutItem", "UpdateItem", "DeleteItem"):
        return [(body["TableName"], body.get("Item") or body["Key"])]
    if action == "TransactWriteItems":
        operations = [(kind, op) for entry in body["TransactItems"] for kind, op in entry.items()]
        return [(op["TableName"], op.get("Item") or op["Key"]) for kind, op in operations if kind != "ConditionCheck"]
    if action == "BatchWriteItem":
        requests = [(table, entry) for table, entries in body["RequestItems"].items() for entry in entries]
        return [(table, op.get("Item") or op["Key"]) for table, entry in requests for op in entry.values()]
    return []


def _once_a_token(transact: Callable[[DynamoHandler], Any]) -> Callable[[DynamoHandler], Any]:
    @functools.wraps(transact)
    def once(self: DynamoHandler) -> Any:
        token = self.body.get("ClientRequestToken")
        if not token:
            return transact(self)
        tokens = _live_tokens(self.dynamodb_backend)
        asked = hashlib.sha256(json.dumps(self.body["TransactItems"], sort_keys=True, default=str).encode()).digest()
        if token in tokens:
            if tokens[token][1] != asked:
                raise IdempotentParameterMismatch
            return json.dumps({})
        answer = transact(self)
        tokens[token] = (time.monotonic(), asked)
        return answer

    return once


def _live_tokens(backend: DynamoDBBackend) -> dict[str, tuple[float, bytes]]:
    tokens: dict[str, tuple[float, bytes]] = backend.__dict__.setdefault(_TOKENS, {})
    oldest = time.monotonic() - _TOKEN_SECONDS
    for token in [token for token, (seen_at, _) in tokens.items() if seen_at < oldest]:
        del tokens[token]
    return tokens


@dataclass(frozen=True)
class _Step:
    kind: str
    operation: dict[str, Any]
    table: str
    key: Attributes
    before: Item | None


def _transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    steps = _plan(self, transact_items)
    reasons = [_reason(step) for step in steps]
    if any(code for code, _, _ in reasons):
        raise TransactionCanceledException(reasons)
    _apply_all(self, steps)


def _plan(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> list[_Step]:
    if len(transact_items) > _TRANSACTION_ITEMS_MAX:
        raise TooManyTransactionsException
    steps: dict[tuple[str, str], _Step] = {}
    for entry in transact_items:
        if len(entry) != 1:
            raise TransactWriteSingleOpException
        kind, operation = next(iter(entry.items()))
        table = operation["TableName"]
        key = _key(backend, table, operation["Item"] if kind == "Put" else operation["Key"])
        target = (table, json.dumps(key, sort_keys=True, default=str))
        if target in steps:
            raise MultipleTransactionsException
        steps[target] = _Step(kind, operation, table, key, copy.deepcopy(backend.get_item(table, key)))
    return list(steps.values())


def _reason(step: _Step) -> Reason:
    operation = step.operation
    condition = operation.get("ConditionExpression")
    if condition is None:
        return (None, None, None)
    holds = get_filter_expression(
        condition, operation.get("ExpressionAttributeNames"), operation.get("ExpressionAttributeValues")
    )
    if holds.expr(step.before):
        return (None, None, None)
    is_wanted = operation.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    old = _attributes(step.before) if is_wanted and step.before else None
    return ("ConditionalCheckFailed", "The conditional request failed", old)


def _apply_all(backend: DynamoDBBackend, steps: list[_Step]) -> None:
    reasons: list[Reason] = [(None, None, None)] * len(steps)
    begun: list[_Step] = []
    is_whole = False
    try:
        for step in steps:
            begun.append(step)
            _apply(backend, step)
        is_whole = True
    except MockValidationException as fault:  # A wrong operand type, an item too large: known only now.
        reasons[len(begun) - 1] = ("ValidationError", str(fault.message), None)
        raise TransactionCanceledException(reasons) from fault
    finally:
        if not is_whole:
            _restore(backend, begun)


def _apply(backend: DynamoDBBackend, step: _Step) -> None:
    operation = step.operation
    if step.kind == "Put":
        backend.put_item(step.table, operation["Item"])
    elif step.kind == "Delete":
        backend.delete_item(step.table, step.key)
    elif step.kind == "Update":
        backend.update_item(
            step.table,
            step.key,
            update_expression=operation["UpdateExpression"],
            expression_attribute_names=operation.get("ExpressionAttributeNames", {}),
            expression_attribute_values=operation.get("ExpressionAttributeValues", {}),
        )


def _restore(backend: DynamoDBBackend, steps: list[_Step]) -> None:
    for step in steps:
        if step.before is None:
            backend.delete_item(step.table, step.key)
        else:
            backend.put_item(step.table, _attributes(step.before))


def _key(backend: DynamoDBBackend, table_name: str, given: Attributes) -> Attributes:
    table = backend.get_table(table_name)
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
    return {name: given[name] for name in names}


def _attributes(item: Item) -> Attributes:
    attributes: Attributes = item.to_json()["Attributes"]
    return attributes
