from dev.dynamodb_model import DynamoDB
from dev.local.blueprint import Blueprint, TableSpec
from dev.local.due import DueRows
from dev.local.dynamodb import Wire
from dev.local.testing import blueprint


def wire_of(tables: tuple[TableSpec, ...]) -> tuple[Wire, DynamoDB]:
    database = DynamoDB()
    for table in tables:
        database.create_table(**table.request)
    return Wire(database), database


def test_the_earliest_row_of_all_tables_and_shards_is_the_next() -> None:
    tables = blueprint().tables
    wire, database = wire_of(tables)
    due = DueRows(wire, tables)
    assert due.earliest() is None
    rows = (("refunds", "DUE#0", "2026-11-20T10:00:05.000Z"), ("transactions", "DUE#3", "2026-11-20T10:00:02.500Z"))
    for number, (name, shard, at) in enumerate((*rows, ("transactions", "DUE#3", "2026-11-20T09:00:00.000Z"))):
        table = next(table.name for table in tables if table.name.endswith(name))
        key = {"pk": {"S": f"p{number}"}, "sk": {"S": "s"}}
        database.put_item(TableName=table, Item=key | {"due_shard": {"S": shard}, "due_at": {"S": at}})
    assert due.earliest() == 1_795_165_200.0
    database.delete_item(TableName=table, Key={"pk": {"S": "p2"}, "sk": {"S": "s"}})
    assert due.earliest() == 1_795_168_802.5


def test_a_table_without_a_due_index_is_never_due(small: Blueprint) -> None:
    tables = small.tables
    wire, _ = wire_of(tables)
    assert DueRows(wire, tables).earliest() is None
