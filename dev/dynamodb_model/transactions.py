"""Transactions in two steps: once begun, their items are in flight until it is committed or abandoned."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from dev.dynamodb_model import errors
from dev.dynamodb_model.indexes import Key
from dev.dynamodb_model.requests import check_fields
from dev.dynamodb_model.tables import Table
from dev.dynamodb_model.values import ITEM_BYTES_MAX, Attributes, Json
from dev.dynamodb_model.writes import Write, prepare

ACTIONS_MAX = 100
BYTES_MAX = 4 * 1024 * 1024
TOKEN_SECONDS = 600
_LARGEST_FIT = BYTES_MAX // ITEM_BYTES_MAX  # So many items cannot exceed the total size limit.
_REQUIRED = frozenset(("TransactItems",))
_ALLOWED = _REQUIRED | {"ClientRequestToken"}
_VERBS = frozenset(("Put", "Update", "Delete", "ConditionCheck"))
_REASON_NONE = {"Code": "None"}

Place = tuple[str, Key]
Outcome = tuple[Write, Attributes | None, Attributes | None]
Apply = Callable[[list[Outcome]], None]


@dataclass(slots=True, eq=False)
class Transaction:
    writes: list[Write]
    token: str
    body: Any  # The request for which the token was used.
    is_repeat: bool = False  # It was done before: committing it does nothing.
    is_open: bool = True


@dataclass(slots=True)
class Tokens:
    """Tokens in use, and the results of those of the last ten minutes."""

    clock: Callable[[], float]
    done: OrderedDict[str, tuple[float, Any]] = field(default_factory=OrderedDict)  # The oldest first.
    running: set[str] = field(default_factory=set)

    def begin(self, token: str, body: Any) -> bool:
        """Returns whether it was done already."""
        if token in self.running:
            raise errors.token_in_progress()
        done_at, before = self.done.get(token, (0.0, None))
        if before is None or self.clock() - done_at >= TOKEN_SECONDS:
            self.running.add(token)
            return False
        if before != body:
            raise errors.token_mismatch()
        return True

    def end(self, token: str, body: Any, is_done: bool) -> None:
        self.running.discard(token)
        if is_done:
            now = self.clock()
            self.done.pop(token, None)
            self.done[token] = (now, body)
            while now - next(iter(self.done.values()))[0] >= TOKEN_SECONDS:
                self.done.popitem(last=False)


class Transactions:
    def __init__(self, table: Callable[[str], Table], clock: Callable[[], float], apply: Apply) -> None:
        self._table, self._apply = table, apply
        self._tokens = Tokens(clock)
        self.in_flight: set[Place] = set()

    def begin(self, request: Json) -> Transaction:
        check_fields("TransactWriteItems", request, _REQUIRED, _ALLOWED)
        writes = self._prepare(request["TransactItems"])
        token = request.get("ClientRequestToken", "")
        body = [_essence(write) for write in writes] if token else None
        if token and not 1 <= len(token) <= 36:
            raise errors.invalid(
                "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint"
            )
        if token and self._tokens.begin(token, body):
            return Transaction(writes, token, body, is_repeat=True)
        places = [(write.table.name, write.key) for write in writes]
        if self.in_flight and not self.in_flight.isdisjoint(places):
            self._tokens.end(token, body, is_done=False)
            raise errors.cancelled([self._conflict(place) for place in places])
        self.in_flight.update(places)
        return Transaction(writes, token, body)

    def commit(self, transaction: Transaction) -> Json:
        if not transaction.is_open:
            raise ValueError("the transaction has ended")
        is_done = False
        try:
            if not transaction.is_repeat:
                self._apply(_outcomes(transaction.writes))
            is_done = True
        finally:
            self._end(transaction, is_done)
        return {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}

    def abandon(self, transaction: Transaction) -> None:
        """As if it had never begun."""
        if transaction.is_open:
            self._end(transaction, is_done=False)

    def _end(self, transaction: Transaction, is_done: bool) -> None:
        transaction.is_open = False
        if transaction.is_repeat:
            return
        self.in_flight.difference_update([(write.table.name, write.key) for write in transaction.writes])
        if transaction.token:
            self._tokens.end(transaction.token, transaction.body, is_done)

    def _prepare(self, items: list[Json]) -> list[Write]:
        if not 1 <= len(items) <= ACTIONS_MAX:
            bound = "greater than or equal to 1" if not items else f"less than or equal to {ACTIONS_MAX}"
            raise errors.invalid(
                "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
                f"Member must have length {bound}"
            )
        writes = [self._write(item) for item in items]
        if len({(write.table.name, write.key) for write in writes}) != len(writes):
            raise errors.invalid("Transaction request cannot include multiple operations on one item")
        if len(writes) > _LARGEST_FIT and sum(write.size for write in writes) > BYTES_MAX:
            raise errors.invalid("Transaction size exceeds the limit of 4 MB")
        return writes

    def _write(self, item: Json) -> Write:
        if len(item) != 1 or not item.keys() <= _VERBS:
            raise errors.invalid("TransactItems can only contain one of Check, Put, Update or Delete")
        (verb, request), *_ = item.items()
        if verb == "Update" and "UpdateExpression" not in request:
            raise errors.invalid("Update expression is missing in TransactItems")
        return prepare(verb, self._table(request.get("TableName", "")), request)

    def _conflict(self, place: Place) -> errors.Reason:
        if place not in self.in_flight:
            return dict(_REASON_NONE)
        return errors.reason("TransactionConflict", "Transaction is ongoing for the item")


def _outcomes(writes: list[Write]) -> list[Outcome]:
    """Each item before and after, or the reasons for cancelling."""
    reasons: list[errors.Reason] = []
    outcomes: list[Outcome] = []
    for write in writes:
        old = write.table.items.get(write.key)
        if not write.holds(old):
            words = "The conditional request failed"
            reasons.append(errors.reason("ConditionalCheckFailed", words, write.old_requested(old)))
            continue
        try:
            outcomes.append((write, old, write.outcome(old)))
            reasons.append(_REASON_NONE)
        except ClientError as wrong:
            reasons.append(errors.reason("ValidationError", wrong.response["Error"]["Message"]))
    if len(outcomes) < len(writes):
        raise errors.cancelled([dict(reason) for reason in reasons])
    return [outcome for outcome in outcomes if outcome[0].verb != "ConditionCheck"]


def _essence(write: Write) -> Any:
    words = write.words
    return (write.verb, write.table.name, write.key, write.item, write.text, words.names, words.values, write.wants_old)
