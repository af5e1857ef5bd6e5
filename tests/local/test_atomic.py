import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.options import ROOT
from local.testing import dynamodb

FIXTURE = Path(__file__).parent / "fixture" / "template.yaml"
TABLE = "dev-things"


@pytest.fixture
def client() -> Iterator[Any]:
    with dynamodb(FIXTURE) as made:
        yield made


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "x"}}


def item_of(client: Any, name: str) -> Any:
    return client.get_item(TableName=TABLE, Key=key(name), ConsistentRead=True).get("Item")


def put(name: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": TABLE, "Item": key(name), **more}}


def check(name: str, condition: str = "attribute_exists(pk)", **more: Any) -> dict[str, Any]:
    return {"ConditionCheck": {"TableName": TABLE, "Key": key(name), "ConditionExpression": condition, **more}}


def add(name: str, number: int = 1) -> dict[str, Any]:
    values = {":n": {"N": str(number)}}
    update = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": values}
    return {"Update": {"TableName": TABLE, "Key": key(name), **update}}


def race(kind: str, transfers: int) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.local.race", kind, str(transfers)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True, text=True)
    told: dict[str, int] = json.loads(ended.stdout.splitlines()[-1])
    return told


def test_600_concurrent_transfers_conserve_money() -> None:
    told = race("atomic", 600)
    assert (told["left"], told["faults"]) == (1000, 0)
    assert 0 < told["moved"] < 600


def test_the_same_race_loses_money_without_the_cure() -> None:
    told = race("stock", 200)
    assert told["left"] != 1000 or told["faults"] > 0


def test_compare_and_set_has_one_winner_a_round(client: Any) -> None:
    threads, rounds = 8, 30
    client.put_item(TableName=TABLE, Item={**key("a"), "version": {"N": "0"}})
    together = threading.Barrier(threads)

    def compete(_: int) -> int:
        wins = 0
        for version in range(rounds):
            together.wait()
            wins += compare_and_set(client, version)
        return wins

    with ThreadPoolExecutor(threads) as callers:
        wins = sum(callers.map(compete, range(threads)))
    assert wins == rounds
    assert item_of(client, "a")["version"] == {"N": str(rounds)}


def compare_and_set(client: Any, version: int) -> bool:
    try:
        client.update_item(
            TableName=TABLE,
            Key=key("a"),
            UpdateExpression="SET version = :next",
            ConditionExpression="version = :read",
            ExpressionAttributeValues={":read": {"N": str(version)}, ":next": {"N": str(version + 1)}},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def test_a_refused_transaction_leaves_nothing_and_gives_its_reasons(client: Any) -> None:
    client.put_item(TableName=TABLE, Item={**key("a"), "n": {"N": "7"}})
    wants_old = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
        client.transact_write_items(TransactItems=[add("b"), put("a", **wants_old), check("c")])
    assert refused.value.response["CancellationReasons"] == [
        {"Code": "None"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": {**key("a"), "n": {"N": "7"}},
        },
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
    ]
    assert "[None, ConditionalCheckFailed, ConditionalCheckFailed]" in str(refused.value)
    assert item_of(client, "b") is None


def test_a_transaction_that_trips_half_way_is_undone(client: Any) -> None:
    client.put_item(TableName=TABLE, Item={**key("text"), "n": {"S": "not a number"}})
    client.put_item(TableName=TABLE, Item={**key("number"), "n": {"N": "1"}})
    with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
        client.transact_write_items(TransactItems=[add("number"), put("new"), add("text")])
    assert [reason["Code"] for reason in refused.value.response["CancellationReasons"]] == [
        "None",
        "None",
        "ValidationError",
    ]
    assert item_of(client, "number")["n"] == {"N": "1"}
    assert item_of(client, "new") is None
    assert item_of(client, "text")["n"] == {"S": "not a number"}


def test_the_same_token_acts_once(client: Any) -> None:
    for _ in range(3):
        client.transact_write_items(TransactItems=[add("a")], ClientRequestToken="token-1")
    assert item_of(client, "a")["n"] == {"N": "1"}
    client.transact_write_items(TransactItems=[add("a")], ClientRequestToken="token-2")
    assert item_of(client, "a")["n"] == {"N": "2"}


def test_the_same_token_for_another_transaction_is_refused(client: Any) -> None:
    client.transact_write_items(TransactItems=[add("a")], ClientRequestToken="token-1")
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.transact_write_items(TransactItems=[add("a", 2)], ClientRequestToken="token-1")


def test_a_refused_transaction_does_not_use_its_token_up(client: Any) -> None:
    for _ in range(2):
        with pytest.raises(client.exceptions.TransactionCanceledException):
            client.transact_write_items(TransactItems=[add("a"), check("b")], ClientRequestToken="token-1")
    client.put_item(TableName=TABLE, Item=key("b"))
    client.transact_write_items(TransactItems=[add("a"), check("b")], ClientRequestToken="token-1")
    assert item_of(client, "a")["n"] == {"N": "1"}


def test_a_token_is_forgotten_with_the_database() -> None:
    for _ in range(2):
        with dynamodb(FIXTURE) as fresh:
            fresh.transact_write_items(TransactItems=[add("a")], ClientRequestToken="token-1")
            assert item_of(fresh, "a")["n"] == {"N": "1"}


@pytest.mark.parametrize("items", [[put("a"), check("a")], [put(str(number)) for number in range(101)]])
def test_what_dynamodb_refuses_outright_is_refused(client: Any, items: list[dict[str, Any]]) -> None:
    with pytest.raises(client.exceptions.ClientError) as refused:
        client.transact_write_items(TransactItems=items)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert client.scan(TableName=TABLE)["Count"] == 0


def test_all_tables_of_the_real_template_are_there() -> None:
    with dynamodb() as client:
        names = client.list_tables()["TableNames"]
    assert "pavati-dev-payment_transactions" in names
