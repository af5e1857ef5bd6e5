"""The checks before DynamoDB: which keys pass, how it is read, and the error for each failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from payments.store.contract.errors import Conflict, StoreError, StoreRejected, StoreUnavailable, TenantFence
from payments.store.dynamodb.client import Cancelled, FencedClient, Write
from tests.world import PREFIX, WORKSPACE, World

TABLE, OTHER_TABLE = "payment_transactions", "payment_refunds"
MINE, ANOTHERS = f"T#{WORKSPACE}#PAY#pay_1", "T#ws_other#PAY#pay_1"
PUT = "Put"


def key(pk: str, sk: str = "PAYMENT") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


class Recorder:
    """DynamoDB, with a record of the requests."""

    def __init__(self, dynamo: Any) -> None:
        self._dynamo, self.sent = dynamo, list[tuple[str, dict[str, Any]]]()

    def __getattr__(self, method: str) -> Any:
        def call(**request: Any) -> Any:
            self.sent.append((method, request))
            return getattr(self._dynamo, method)(**request)

        return call


def a_write(verb: str, pk: str) -> Write:
    item: dict[str, Any] = {"Item": key(pk)} if verb == PUT else {"Key": key(pk), "UpdateExpression": "SET a = :a"}
    return Write(verb, TABLE, values=None if verb == PUT else {":a": {"S": "a"}}, **item)


VERBS: dict[str, Callable[[FencedClient, str], object]] = {
    "get": lambda client, pk: client.get(TABLE, key(pk)),
    "get many, the first": lambda client, pk: client.get_many(TABLE, [key(pk), key(MINE, "a"), key(MINE, "b")]),
    "get many, the last": lambda client, pk: client.get_many(TABLE, [key(MINE, "a"), key(MINE, "b"), key(pk)]),
    "get pair, the one": lambda client, pk: client.get_pair((TABLE, key(pk)), (OTHER_TABLE, key(MINE))),
    "get pair, the other": lambda client, pk: client.get_pair((TABLE, key(MINE)), (OTHER_TABLE, key(pk))),
    "put": lambda client, pk: client.put(TABLE, key(pk)),
    "update": lambda client, pk: client.update(TABLE, key(pk), "SET a = :a", {":a": {"S": "a"}}),
    "query": lambda client, pk: client.query(TABLE, "pk = :pk", {":pk": {"S": pk}}),
    "query all": lambda client, pk: list(client.query_all(TABLE, "pk = :pk", {":pk": {"S": pk}})),
    "transact, a put": lambda client, pk: client.transact([a_write(PUT, f"{MINE}1"), a_write(PUT, pk)]),
    "transact, an update": lambda client, pk: client.transact([a_write("Update", pk)]),
}
EACH_VERB = pytest.mark.parametrize("call", VERBS.values(), ids=VERBS)


@EACH_VERB
@pytest.mark.parametrize("workspace_id", [WORKSPACE, ""])
def test_no_call_reaches_a_key_of_another_workspace(
    world: World, call: Callable[[FencedClient, str], object], workspace_id: str
) -> None:
    recorder = Recorder(world.dynamo)
    with pytest.raises(TenantFence):
        call(FencedClient(recorder, PREFIX, workspace_id), ANOTHERS if workspace_id else MINE)
    assert recorder.sent == []


def test_a_workspace_whose_name_begins_like_ours_is_another_one(world: World) -> None:
    with pytest.raises(TenantFence):
        FencedClient(world.client, PREFIX, WORKSPACE).get(TABLE, key(f"T#{WORKSPACE}2#PAY#pay_1"))
    assert not world.client.calls


@EACH_VERB
def test_a_call_within_the_workspace_is_sent_to_the_deployments_own_table(
    world: World, call: Callable[[FencedClient, str], object]
) -> None:
    recorder = Recorder(world.dynamo)
    call(FencedClient(recorder, PREFIX, WORKSPACE), MINE)
    ((_, request),) = recorder.sent
    actions = [one for action in request.get("TransactItems", ()) for one in action.values()]
    tables = [
        *request.get("RequestItems", ()),
        *(one["TableName"] for one in actions or [request] if "TableName" in one),
    ]
    assert tables
    assert {name.removeprefix(PREFIX) for name in tables} <= {TABLE, OTHER_TABLE}
    assert all(name.startswith(PREFIX) for name in tables)


@pytest.mark.parametrize("verb", ["get", "get many, the first", "get pair, the one", "query all"])
def test_what_is_decided_on_is_read_consistently(world: World, verb: str) -> None:
    recorder = Recorder(world.dynamo)
    VERBS[verb](FencedClient(recorder, PREFIX, WORKSPACE), MINE)
    ((_, request),) = recorder.sent
    wanted = request.get("RequestItems", {"": request}).values()
    assert [one.get("ConsistentRead") for one in wanted] == [True] * len(wanted)


class OneAtATime:
    """Answers a batch with one item and leaves the other keys, as a throttled DynamoDB does."""

    def __init__(self, dynamo: Any) -> None:
        self._dynamo, self.rounds = dynamo, 0

    def batch_get_item(self, **request: Any) -> Any:
        self.rounds += 1
        ((table, wanted),) = request["RequestItems"].items()
        first, *others = wanted["Keys"]
        answer = self._dynamo.batch_get_item(RequestItems={table: {**wanted, "Keys": [first]}})
        left = {"UnprocessedKeys": {table: {**wanted, "Keys": others}}} if others else {}
        return {"Responses": answer["Responses"]} | left


@pytest.mark.parametrize("count", [1, 3, 5])
def test_keys_that_stayed_unprocessed_are_requested_again_and_come_in_their_order(world: World, count: int) -> None:
    keys = [key(MINE, f"{place}") for place in range(count)]
    for each in keys:
        FencedClient(world.dynamo, PREFIX, WORKSPACE).put(TABLE, each)
    throttled: Any = OneAtATime(world.dynamo)
    assert FencedClient(throttled, PREFIX, WORKSPACE).get_many(TABLE, keys[::-1]) == keys[::-1]
    assert throttled.rounds == count


def test_keys_that_stay_unprocessed_make_the_store_unavailable_in_the_end(world: World) -> None:
    throttled: Any = OneAtATime(world.dynamo)
    with pytest.raises(StoreUnavailable, match="unprocessed"):
        FencedClient(throttled, PREFIX, WORKSPACE).get_many(TABLE, [key(MINE, f"{place}") for place in range(40)])
    assert throttled.rounds == 5


def failing(world: World, error: Exception) -> FencedClient:
    def fail(_: object) -> None:
        raise error

    world.client.before.append(("transact_write_items", fail))
    return FencedClient(world.client, PREFIX, WORKSPACE)


def refused(code: str, **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "T#ws_demo#PAY"}, **more}
    return ClientError(response, "TransactWriteItems")


# By DynamoDB's "Error handling": which errors are worth another try.
CODES: dict[str, type[StoreError]] = {
    "TransactionConflictException": Conflict,
    "TransactionInProgressException": Conflict,
    "ValidationException": StoreRejected,
    "ItemCollectionSizeLimitExceededException": StoreRejected,
    "AccessDeniedException": StoreRejected,
    "ResourceNotFoundException": StoreRejected,
    "IdempotentParameterMismatchException": StoreRejected,
    "SerializationException": StoreRejected,
    "UnrecognizedClientException": StoreRejected,
    "ProvisionedThroughputExceededException": StoreUnavailable,
    "ThrottlingException": StoreUnavailable,
    "RequestLimitExceeded": StoreUnavailable,
    "InternalServerError": StoreUnavailable,
    "ServiceUnavailable": StoreUnavailable,
}


@pytest.mark.parametrize(("code", "kind"), CODES.items())
def test_a_failure_is_named_for_what_to_do_next(world: World, code: str, kind: type[StoreError]) -> None:
    with pytest.raises(kind) as raised:
        failing(world, refused(code)).transact([a_write(PUT, MINE)])
    assert (type(raised.value), str(raised.value)) == (kind, code)


@pytest.mark.parametrize(
    "error", [EndpointConnectionError(endpoint_url="x"), ReadTimeoutError(endpoint_url="x", error="slow")]
)
def test_no_connection_and_no_answer_make_the_store_unavailable(world: World, error: Exception) -> None:
    with pytest.raises(StoreUnavailable, match=type(error).__name__):
        failing(world, error).transact([a_write(PUT, MINE)])


CHECK, CLASH, NONE = "ConditionalCheckFailed", "TransactionConflict", "None"


@pytest.mark.parametrize(
    ("reasons", "kind", "reply"),
    [
        ((NONE, CLASH), Conflict, CLASH),
        ((CLASH, CHECK), Cancelled, "conditions failed"),  # The failed condition is known: the use case decides.
        ((CHECK, CLASH), Cancelled, "conditions failed"),
        ((CHECK, "ThrottlingError"), Cancelled, "conditions failed"),
        ((CHECK, "ValidationError"), StoreRejected, "ValidationError"),
        (("ItemCollectionSizeLimitExceeded", CLASH), StoreRejected, "ItemCollectionSizeLimitExceeded"),
        ((CLASH, "ThrottlingError"), Conflict, CLASH),
        ((NONE, "ProvisionedThroughputExceeded"), StoreUnavailable, "ProvisionedThroughputExceeded"),
    ],
)
def test_a_transaction_that_was_cancelled_is_named_by_the_strongest_of_its_reasons(
    world: World, reasons: tuple[str, ...], kind: type[StoreError], reply: str
) -> None:
    stood = {"pk": {"S": "there"}}
    reported = [{"Code": code} | ({"Item": stood} if code == CHECK else {}) for code in reasons]
    client = failing(world, refused("TransactionCanceledException", CancellationReasons=reported))
    with pytest.raises(kind) as raised:
        client.transact([a_write(PUT, MINE), a_write(PUT, f"{MINE}1")])
    assert (type(raised.value), str(raised.value)) == (kind, reply)
    if isinstance(raised.value, Cancelled):
        assert raised.value.items == {place: stood for place, code in enumerate(reasons) if code == CHECK}


def test_a_partition_of_more_than_one_answer_is_read_whole(world: World) -> None:
    client = FencedClient(world.client, PREFIX, WORKSPACE)
    for number in range(9):
        client.put(TABLE, key(MINE, f"{number}") | {"text": {"S": "x" * 300_000}})  # An answer holds a megabyte.
    rows = client.query_all(TABLE, "pk = :pk", {":pk": {"S": MINE}})
    assert [row["sk"]["S"] for row in rows] == [f"{number}" for number in range(9)]
