from pathlib import Path
from typing import Any

import pytest

from dev.dynamodb_model import Change, DynamoDB
from dev.local.blueprint import Blueprint
from dev.local.journal import FORMAT, Journal, path_in
from dev.local.options import StackError
from dev.local.provision import create_tables

TABLE = "dev-things"


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "x"}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def a_database(blueprint: Blueprint) -> DynamoDB:
    database = DynamoDB()
    create_tables(database, blueprint.tables)
    return database


def write_all_kinds(client: DynamoDB) -> None:
    sets = {"bs": {"BS": [b"\x00", b"\xff"]}, "ns": {"NS": ["1", "2"]}, "B": {"S": "no bytes"}}
    for name in "abc":
        client.put_item(TableName=TABLE, Item={**key(name), "n": {"N": "1"}, "raw": {"B": b"\x00\xff"}, **sets})
    client.update_item(
        TableName=TABLE,
        Key=key("a"),
        UpdateExpression="ADD n :one SET m = :map",
        ExpressionAttributeValues={":one": {"N": "41"}, ":map": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}]}}}},
    )
    client.delete_item(TableName=TABLE, Key=key("b"))
    client.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": TABLE, "Item": {**key("d"), "v": {"S": "₹"}}}},
            {"Delete": {"TableName": TABLE, "Key": key("c")}},
            {"ConditionCheck": {"TableName": TABLE, "Key": key("a"), "ConditionExpression": "attribute_exists(pk)"}},
        ]
    )


def test_every_kind_of_write_is_there_after_a_restart(small: Blueprint, path: Path) -> None:
    first, second = a_database(small), a_database(small)
    journal = Journal(path)
    journal.open()
    first.changes = journal.append
    write_all_kinds(first)
    journal.close()
    assert Journal(path).replay(second) == 2
    assert second.items(TABLE) == first.items(TABLE)
    assert second.get_item(TableName=TABLE, Key=key("a"))["Item"]["raw"] == {"B": b"\x00\xff"}
    # Compacted: one line an item.
    assert len(path.read_text().splitlines()) == 2


def test_a_refused_write_is_not_stored(small: Blueprint, path: Path) -> None:
    database = a_database(small)
    journal = Journal(path)
    journal.open()
    database.changes = journal.append
    database.put_item(TableName=TABLE, Item=key("a"))
    refused = {"TableName": TABLE, "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(database.exceptions.ConditionalCheckFailedException):
        database.put_item(Item=key("b"), **refused)
    with pytest.raises(database.exceptions.TransactionCanceledException):
        database.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": TABLE, "Item": key("b")}},
                {"ConditionCheck": {"Key": key("c"), **refused}},
            ]
        )
    journal.close()
    again = a_database(small)
    assert Journal(path).replay(again) == 1
    assert again.items(TABLE) == [key("a")]


def test_a_transaction_is_one_line_and_half_a_line_is_no_line(small: Blueprint, path: Path) -> None:
    journal = Journal(path)
    journal.open()
    journal.append([Change(TABLE, key(name), None, key(name)) for name in "ab"])
    journal.append([Change(TABLE, key("c"), None, key("c")), Change(TABLE, key("a"), key("a"), None)])
    journal.close()
    path.write_bytes(path.read_bytes()[:-9])  # Killed while the second line was being written.
    database = a_database(small)
    Journal(path).replay(database)
    assert database.items(TABLE) == [key("a"), key("b")]


def test_a_table_that_the_template_no_longer_has_is_passed_over_and_stays(small: Blueprint, path: Path) -> None:
    journal = Journal(path)
    journal.open()
    journal.append([Change("gone", key("a"), None, key("a"))])
    journal.close()
    database = a_database(small)
    assert Journal(path).replay(database) == 1
    assert database.items(TABLE) == []
    assert "gone" in path.read_text()


@pytest.mark.parametrize("name", ["journal.jsonl", f"journal-{FORMAT - 1}.jsonl", f"journal-{FORMAT + 1}.jsonl"])
def test_the_state_of_another_version_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    assert path_in(tmp_path).name == f"journal-{FORMAT}.jsonl"
    path_in(tmp_path).touch()
    assert path_in(tmp_path).exists()
    (tmp_path / name).touch()
    with pytest.raises(StackError, match=r"another version: remove it \(make clean, or that folder\)"):
        path_in(tmp_path)
