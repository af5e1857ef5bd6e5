from pathlib import Path
from typing import Any

import pytest

from local import atomic
from local.atomic import Change
from local.journal import Journal
from local.testing import dynamodb

FIXTURE = Path(__file__).parent / "fixture" / "template.yaml"
TABLE = "dev-things"


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "x"}}


def everything(client: Any) -> list[dict[str, Any]]:
    return sorted(client.scan(TableName=TABLE)["Items"], key=str)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(atomic, "_observers", [])
    return tmp_path / "journal.jsonl"


def write_all_kinds(client: Any) -> None:
    for name in "abc":
        client.put_item(TableName=TABLE, Item={**key(name), "n": {"N": "1"}, "raw": {"B": b"\x00\xff"}})
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
    requests = [{"PutRequest": {"Item": key("e")}}, {"DeleteRequest": {"Key": key("nothing")}}]
    client.batch_write_item(RequestItems={TABLE: requests})


def test_every_kind_of_write_is_there_after_a_restart(path: Path) -> None:
    with dynamodb(FIXTURE) as client:
        journal = Journal(path)
        journal.open()
        atomic.observe(journal.append)
        write_all_kinds(client)
        before = everything(client)
        journal.close()
    with dynamodb(FIXTURE) as client:
        assert everything(client) == []
        assert Journal(path).replay() == 3
        assert everything(client) == before
    # Compacted: one line an item.
    assert len(path.read_text().splitlines()) == 3


def test_a_refused_write_is_not_kept(path: Path) -> None:
    seen: list[Change] = []
    with dynamodb(FIXTURE) as client:
        atomic.observe(seen.extend)
        client.put_item(TableName=TABLE, Item=key("a"))
        with pytest.raises(client.exceptions.ConditionalCheckFailedException):
            client.put_item(TableName=TABLE, Item=key("a"), ConditionExpression="attribute_not_exists(pk)")
        with pytest.raises(client.exceptions.TransactionCanceledException):
            client.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": TABLE, "Item": key("b")}},
                    {
                        "ConditionCheck": {
                            "TableName": TABLE,
                            "Key": key("c"),
                            "ConditionExpression": "attribute_exists(pk)",
                        }
                    },
                ]
            )
    assert [change.key for change in seen] == [key("a")]


def test_a_transaction_is_one_line_and_half_a_line_is_no_line(path: Path) -> None:
    journal = Journal(path)
    journal.open()
    journal.append([Change(TABLE, key("a"), key("a")), Change(TABLE, key("b"), key("b"))])
    journal.append([Change(TABLE, key("c"), key("c")), Change(TABLE, key("a"), None)])
    journal.close()
    path.write_bytes(path.read_bytes()[:-9])  # Killed while the second line was being written.
    with dynamodb(FIXTURE) as client:
        Journal(path).replay()
        assert everything(client) == [key("a"), key("b")]


def test_a_table_that_the_template_no_longer_has_is_passed_over(path: Path) -> None:
    journal = Journal(path)
    journal.open()
    journal.append([Change("gone", key("a"), key("a"))])
    journal.close()
    with dynamodb(FIXTURE) as client:
        Journal(path).replay()
        assert everything(client) == []
