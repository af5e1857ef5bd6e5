"""The DynamoDB client: it checks that each key is of the workspace, and raises store errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from payments.store.contract.errors import Conflict, StoreError, StoreRejected, StoreUnavailable, TenantFence
from payments.store.dynamodb.codec import Item

Names = dict[str, str]
_BATCH_MAX = 100  # DynamoDB's limit.
_BATCH_ROUNDS_MAX = 5


class DynamoDB(Protocol):
    """The client methods that are used. boto3's client has them, and so has the in-process model."""

    def get_item(self, **request: Any) -> Any: ...

    def batch_get_item(self, **request: Any) -> Any: ...

    def put_item(self, **request: Any) -> Any: ...

    def update_item(self, **request: Any) -> Any: ...

    def query(self, **request: Any) -> Any: ...

    def transact_write_items(self, **request: Any) -> Any: ...


class ConditionFailed(StoreError):
    """The condition of a write failed. `item` is the stored item, None if there is none."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("a condition failed")
        self.item = item


class Cancelled(StoreError):
    """Conditions of a transaction failed. `items` has the stored item by the write's place in the transaction."""

    def __init__(self, items: dict[int, Item | None]) -> None:
        super().__init__("conditions failed")
        self.items = items


class FencedClient:
    """A client that is limited to one workspace, or without one to items of no workspace.

    Raises TenantFence for any other key. Tables are named without their prefix.
    """

    def __init__(self, client: DynamoDB, table_prefix: str, workspace_id: str = "") -> None:
        self._client, self._table_prefix, self._workspace_id = client, table_prefix, workspace_id

    def within(self, workspace_id: str) -> FencedClient:
        return FencedClient(self._client, self._table_prefix, workspace_id)

    def get(self, table: str, item_key: Item) -> Item | None:
        """The item by a consistent read; None if there is none."""
        self._fence(item_key)
        request = {"TableName": self._table(table), "Key": item_key, "ConsistentRead": True}
        found: Item | None = self._send("get_item", request).get("Item")
        return found

    def get_many(self, table: str, keys: list[Item]) -> list[Item]:
        """The items by consistent reads, in the order of the keys. Missing ones are left out."""
        found: dict[tuple[str, str, str], Item] = {}
        for start in range(0, len(keys), _BATCH_MAX):
            found |= self._batch({table: keys[start : start + _BATCH_MAX]})
        return [item for item_key in keys if (item := found.get((table, *_ids(item_key))))]

    def get_pair(self, one: tuple[str, Item], other: tuple[str, Item]) -> tuple[Item | None, Item | None]:
        """Two items of two tables in one call. Each read is consistent, but they may be of different times."""
        found = self._batch({table: [item_key] for table, item_key in (one, other)})
        return found.get((one[0], *_ids(one[1]))), found.get((other[0], *_ids(other[1])))

    def _batch(self, keys_by_table: dict[str, list[Item]]) -> dict[tuple[str, str, str], Item]:
        left: dict[str, Any] = {}
        found: dict[tuple[str, str, str], Item] = {}
        for table, keys in keys_by_table.items():
            for item_key in keys:
                self._fence(item_key)
            left[self._table(table)] = {"Keys": keys, "ConsistentRead": True}
        for _ in range(_BATCH_ROUNDS_MAX):
            answer = self._send("batch_get_item", {"RequestItems": left})
            for name, items in answer["Responses"].items():
                found |= {(name.removeprefix(self._table_prefix), *_ids(item)): item for item in items}
            left = answer.get("UnprocessedKeys", {})
            if not left:
                return found
        raise StoreUnavailable("throttled: keys stay unprocessed")

    def put(
        self, table: str, item: Item, condition: str = "", values: Item | None = None, names: Names | None = None
    ) -> None:
        """Write an item. `names`: {"alias": "attribute"} for `#alias`. Raises ConditionFailed with the stored item."""
        self._fence(item)
        request = {"TableName": self._table(table), "Item": item, **_condition(condition, values, names)}
        self._send("put_item", request)

    def update(
        self,
        table: str,
        item_key: Item,
        expression: str,
        values: Item,
        condition: str = "",
        names: Names | None = None,
    ) -> Item:
        """Update an item and return the updated attributes. Raises ConditionFailed with the stored item."""
        self._fence(item_key)
        request = {"TableName": self._table(table), "Key": item_key, "UpdateExpression": expression}
        request |= {"ReturnValues": "UPDATED_NEW"} | _condition(condition, values, names)
        updated: Item = self._send("update_item", request).get("Attributes", {})
        return updated

    def query(self, table: str, expression: str, values: Item, **options: Any) -> dict[str, Any]:
        """One page: {"Items": [...], "LastEvaluatedKey": {...}?}."""
        self._fence({"pk": values[":pk"]})
        request = {"TableName": self._table(table), "KeyConditionExpression": expression}
        return self._send("query", request | {"ExpressionAttributeValues": values} | options)

    def query_all(self, table: str, expression: str, values: Item, **options: Any) -> Iterator[Item]:
        """Every item of a partition, by consistent reads. A page is read when its first item is needed."""
        options["ConsistentRead"] = True
        while True:
            page = self.query(table, expression, values, **options)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def transact(self, writes: list[Write]) -> None:
        """Write all or nothing.

        Raises:
            Cancelled: conditions failed; has the stored items.
            Conflict: another writer was at the same items.
        """
        for write in writes:
            self._fence(write.request.get("Item") or write.request["Key"])
        items = [{write.verb: {"TableName": self._table(write.table), **write.request}} for write in writes]
        self._send("transact_write_items", {"TransactItems": items})

    def _table(self, name: str) -> str:
        return self._table_prefix + name

    def _fence(self, item: Item) -> None:
        pk = item["pk"]["S"]
        is_tenants = pk.startswith("T#")
        if is_tenants and not (self._workspace_id and pk.startswith(f"T#{self._workspace_id}#")):
            raise TenantFence(f"{pk.split('#')[:2]} is outside of workspace {self._workspace_id or '(none)'}")

    def _send(self, method: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, method)(**request)
        except ClientError as error:
            raise _store_error(error) from error
        except (ConnectionError, HTTPClientError) as error:
            raise StoreUnavailable(type(error).__name__) from error
        return answer


def _ids(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


class Write:
    """One write of a transaction. If its condition fails, DynamoDB returns the stored item."""

    def __init__(
        self,
        verb: str,
        table: str,
        condition: str = "",
        values: Item | None = None,
        names: Names | None = None,
        **request: Any,
    ) -> None:
        self.verb, self.table = verb, table
        self.request = request | _condition(condition, values, names)


def _condition(condition: str, values: Item | None, names: Names | None) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if names:
        request["ExpressionAttributeNames"] = {f"#{alias}": name for alias, name in names.items()}
    if condition:
        request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if values:
        request["ExpressionAttributeValues"] = values
    return request


_CONFLICTS = {"TransactionConflictException", "TransactionInProgressException"}
_NEVER = {  # DynamoDB's errors that must not be retried. The first two are also reasons of a cancelled transaction.
    "ValidationError",
    "ItemCollectionSizeLimitExceeded",
    "ValidationException",
    "ItemCollectionSizeLimitExceededException",
    "AccessDeniedException",
    "ResourceNotFoundException",
    "IdempotentParameterMismatchException",
    "SerializationException",
    "UnrecognizedClientException",
}


def _store_error(error: ClientError) -> StoreError:
    response: dict[str, Any] = dict(error.response)
    code = response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(response.get("Item"))
    if code == "TransactionCanceledException":
        return _cancellation_error(response.get("CancellationReasons", []))
    if code in _CONFLICTS:
        return Conflict(code)
    return StoreRejected(code) if code in _NEVER else StoreUnavailable(code)


def _cancellation_error(reasons: list[dict[str, Any]]) -> StoreError:
    codes = [reason.get("Code", "None") for reason in reasons]
    if never := sorted(_NEVER.intersection(codes)):
        return StoreRejected(", ".join(never))
    if "ConditionalCheckFailed" in codes:
        failed = (place for place, code in enumerate(codes) if code == "ConditionalCheckFailed")
        return Cancelled({place: reasons[place].get("Item") for place in failed})
    if "TransactionConflict" in codes:
        return Conflict("TransactionConflict")
    return StoreUnavailable(", ".join(sorted(set(codes) - {"None"})))
