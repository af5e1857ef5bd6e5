"""The model of DynamoDB over HTTP, as boto3 sees it: its requests, its parser, its exceptions."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dev.dynamodb_model import DynamoDB
from dev.local.blueprint import REGION, Blueprint
from dev.local.dynamodb import Wire
from dev.local.provision import create_tables
from gateway_simulators.kit.serving import Server

TABLE = "dev-things"
THREADS = 8
_names = count()


class Slow(DynamoDB):
    """Gives another thread time between its read and its write."""

    def _apply(self, outcomes: Any) -> None:
        time.sleep(0.0005)
        super()._apply(outcomes)


@pytest.fixture(scope="module")
def server(small: Blueprint) -> Iterator[Server]:
    model = Slow()
    create_tables(model, small.tables)
    with Server(0, Wire(model)) as serving:
        serving.start()
        yield serving
        serving.shutdown()


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Any]:
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=THREADS)
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)
    made = session.client("dynamodb", endpoint_url=f"http://127.0.0.1:{server.port}", config=config)
    yield made
    made.close()


@pytest.fixture
def names() -> list[str]:
    """Keys of items that no other test uses."""
    return [f"item-{next(_names):04d}" for _ in range(10)]


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "x"}}


def item_of(client: Any, name: str) -> Any:
    return client.get_item(TableName=TABLE, Key=key(name), ConsistentRead=True).get("Item")


def put(name: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": TABLE, "Item": key(name), **more}}


def check(name: str) -> dict[str, Any]:
    return {"ConditionCheck": {"TableName": TABLE, "Key": key(name), "ConditionExpression": "attribute_exists(pk)"}}


def add(name: str, number: int = 1) -> dict[str, Any]:
    values = {":n": {"N": str(number)}}
    update = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": values}
    return {"Update": {"TableName": TABLE, "Key": key(name), **update}}


def test_concurrent_transfers_conserve_money(client: Any, names: list[str]) -> None:
    for name in names:
        client.put_item(TableName=TABLE, Item={**key(name), "n": {"N": "100"}})
    with ThreadPoolExecutor(THREADS) as callers:
        moved = list(callers.map(lambda seed: transfer(client, names, Random(seed)), range(300)))
    assert sum(int(item_of(client, name)["n"]["N"]) for name in names) == 1000
    assert 0 < sum(moved) < 300


def transfer(client: Any, names: list[str], chance: Random) -> bool:
    payer, payee = chance.sample(names, 2)
    amount = chance.randint(1, 200)
    captured = add(payer, -amount)
    captured["Update"]["ConditionExpression"] = "n >= :least"
    captured["Update"]["ExpressionAttributeValues"][":least"] = {"N": str(amount)}
    try:
        client.transact_write_items(TransactItems=[captured, add(payee, amount)])
    except client.exceptions.TransactionCanceledException:
        return False
    return True


def test_compare_and_set_has_one_winner_a_round(client: Any, names: list[str]) -> None:
    rounds, together = 20, threading.Barrier(THREADS)
    client.put_item(TableName=TABLE, Item={**key(names[0]), "version": {"N": "0"}})

    def compete(_: int) -> int:
        wins = 0
        for version in range(rounds):
            together.wait(20)
            wins += compare_and_set(client, names[0], version)
        return wins

    with ThreadPoolExecutor(THREADS) as callers:
        assert sum(callers.map(compete, range(THREADS))) == rounds
    assert item_of(client, names[0])["version"] == {"N": str(rounds)}


def compare_and_set(client: Any, name: str, version: int) -> bool:
    try:
        client.update_item(
            TableName=TABLE,
            Key=key(name),
            UpdateExpression="SET version = :next",
            ConditionExpression="version = :read",
            ExpressionAttributeValues={":read": {"N": str(version)}, ":next": {"N": str(version + 1)}},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def test_a_refused_write_shows_the_item_it_met(client: Any, names: list[str]) -> None:
    there = {**key(names[0]), "n": {"N": "7"}, "raw": {"B": b"\x00\xff"}}
    client.put_item(TableName=TABLE, Item=there)
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as refused:
        client.put_item(
            TableName=TABLE,
            Item=key(names[0]),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert refused.value.response["Item"] == there
    assert refused.value.response["Error"]["Message"] == "The conditional request failed"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert item_of(client, names[0]) == there


def test_a_refused_transaction_leaves_nothing_and_gives_its_reasons(client: Any, names: list[str]) -> None:
    there, absent, other = names[:3]
    client.put_item(TableName=TABLE, Item={**key(there), "n": {"N": "7"}})
    wants_old = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
        client.transact_write_items(TransactItems=[add(absent), put(there, **wants_old), check(other)])
    words = "The conditional request failed"
    assert refused.value.response["CancellationReasons"] == [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": words, "Item": {**key(there), "n": {"N": "7"}}},
        {"Code": "ConditionalCheckFailed", "Message": words},
    ]
    assert "[None, ConditionalCheckFailed, ConditionalCheckFailed]" in str(refused.value)
    assert item_of(client, absent) is None


def test_a_transaction_that_trips_half_way_is_undone(client: Any, names: list[str]) -> None:
    text, number, new = names[:3]
    client.put_item(TableName=TABLE, Item={**key(text), "n": {"S": "not a number"}})
    client.put_item(TableName=TABLE, Item={**key(number), "n": {"N": "1"}})
    with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
        client.transact_write_items(TransactItems=[add(number), put(new), add(text)])
    codes = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert codes == ["None", "None", "ValidationError"]
    assert (item_of(client, number)["n"], item_of(client, new)) == ({"N": "1"}, None)
    assert item_of(client, text)["n"] == {"S": "not a number"}


def test_the_same_token_acts_once_and_only_for_the_same_transaction(client: Any, names: list[str]) -> None:
    for _ in range(3):
        client.transact_write_items(TransactItems=[add(names[0])], ClientRequestToken=names[0])
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.transact_write_items(TransactItems=[add(names[0], 2)], ClientRequestToken=names[0])
    assert item_of(client, names[0])["n"] == {"N": "1"}
    client.transact_write_items(TransactItems=[add(names[0])], ClientRequestToken=names[1])
    assert item_of(client, names[0])["n"] == {"N": "2"}


def test_a_refused_transaction_does_not_use_its_token_up(client: Any, names: list[str]) -> None:
    wanted = {"TransactItems": [add(names[0]), check(names[1])], "ClientRequestToken": names[0]}
    for _ in range(2):
        with pytest.raises(client.exceptions.TransactionCanceledException):
            client.transact_write_items(**wanted)
    client.put_item(TableName=TABLE, Item=key(names[1]))
    client.transact_write_items(**wanted)
    assert item_of(client, names[0])["n"] == {"N": "1"}


def test_every_type_of_attribute_comes_back_as_it_was_put(client: Any, names: list[str]) -> None:
    nested = {"M": {"list": {"L": [{"N": "1"}, {"BOOL": True}, {"NULL": True}]}, "B": {"B": b"\x00\xff"}}}
    sets = {"NS": {"NS": ["1", "2"]}, "BS": {"BS": [b"", b"\x01"]}, "SS": {"SS": ["a", "₹"]}}
    only = {"M": {"B": {"M": {"BS": {"S": "no bytes"}}}}}
    item = {**key(names[0]), "m": nested, "only": only, "B": {"B": b"\x00"}, "S": {"S": "₹"}, **sets}
    client.put_item(TableName=TABLE, Item=item)
    assert item_of(client, names[0]) == item
    batch = client.batch_get_item(RequestItems={TABLE: {"Keys": [key(names[0]), key(names[1])]}})
    assert (batch["Responses"][TABLE], batch["UnprocessedKeys"]) == ([item], {})
    values = {":pk": {"S": names[0]}}
    wanted = {"TableName": TABLE, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": values}
    assert client.query(**wanted)["Items"] == [item]
    assert client.delete_item(TableName=TABLE, Key=key(names[0]), ReturnValues="ALL_OLD")["Attributes"] == item


def test_a_scan_goes_page_by_page_and_meets_everything_once(client: Any, names: list[str]) -> None:
    for name in names:
        client.put_item(TableName=TABLE, Item=key(name))
    pages = list(client.get_paginator("scan").paginate(TableName=TABLE, Limit=3))
    keys = [item["pk"]["S"] for page in pages for item in page["Items"]]
    assert len(pages) > 3
    assert set(names) <= set(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("attributes", "bytes_each"), [(1, 410_000), (900, 480), (150, 3_000)])
def test_an_item_over_the_limit_is_refused(client: Any, names: list[str], attributes: int, bytes_each: int) -> None:
    item = {f"a{number}": {"S": "x" * bytes_each} for number in range(attributes)}
    with pytest.raises(ClientError, match="Item size"):
        client.put_item(TableName=TABLE, Item=key(names[0]) | item)


def test_the_tables_can_be_listed_and_described(client: Any) -> None:
    assert TABLE in client.list_tables()["TableNames"]
    table = client.describe_table(TableName=TABLE)["Table"]
    assert (table["TableName"], table["TableStatus"]) == (TABLE, "ACTIVE")
    assert [element["AttributeName"] for element in table["KeySchema"]] == ["pk", "sk"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_table(TableName="nobody")


@pytest.mark.parametrize(
    ("method", "wanted", "reported"),
    [
        ("scan", {"TableName": TABLE, "FilterExpression": "n = :n"}, "Scan with FilterExpression; it knows "),
        (
            "batch_write_item",
            {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": key("a")}}]}},
            "BatchWriteItem; it knows BatchGetItem, ",
        ),
        ("list_tables", {"Limit": 1}, "ListTables with Limit"),
    ],
)
def test_what_the_model_does_not_know_is_refused_with_what_it_knows(
    client: Any, method: str, wanted: dict[str, Any], reported: str
) -> None:
    with pytest.raises(
        ClientError, match="The local model of DynamoDB does not know this request: " + reported
    ) as refused:
        getattr(client, method)(**wanted)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("GetItem", b"{", "SerializationException"),
        ("GetItem", b"[]", "SerializationException"),
        ("GetItem", b"[" * 9999, "SerializationException"),
        ("GetItem", b"\xff", "SerializationException"),
        ("GetItem", b'{"TableName": "dev-things", "Key": {"pk": {"B": "no base64"}}}', "SerializationException"),
        ("GetItem", b'{"TableName": "dev-things", "Key": {"pk": {"\\u0042": "no base64"}}}', "SerializationException"),
        ("GetItem", b'{"TableName": "dev-things"}', "ValidationException"),
        ("GetItem", b'{"TableName": "dev-things", "Key": {"pk": {"X": "1"}}}', "ValidationException"),
        (
            "PutItem",
            b'{"TableName": "dev-things", "Item": {"pk": {"S": "two"}, "sk": {"S": "x"}, "b": {"B": "", "S": ""}}}',
            "ValidationException",
        ),
        ("__init__", b"{}", "ValidationException"),
    ],
)
def test_what_no_client_sends_is_refused_too(server: Server, action: str, body: bytes, code: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/", body, {"x-amz-target": f"DynamoDB_20120810.{action}"})
    answer = connection.getresponse()
    reported = json.loads(answer.read())
    connection.close()
    assert (answer.status, reported["__type"].partition("#")[2]) == (400, code)
