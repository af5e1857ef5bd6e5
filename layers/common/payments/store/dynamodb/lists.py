"""Pages of lists. Each list is read from one index or one partition, in the order of its sort key."""

from __future__ import annotations

from typing import TypeVar

from payments.record import record
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.codec import Item, decode, encode

T = TypeVar("T")
LOWEST, HIGHEST = "0", "~"  # Sorted before and after every place.


@record
class Listing:
    """How rows are listed: by the sort key `sk` of an index, or of the table itself."""

    table: str
    index: str = ""
    pk: str = "pk"
    sk: str = "sk"
    is_newest_first: bool = True

    def rows(self, client: FencedClient, pk: str, behind: str, limit: int, end: str = "") -> tuple[list[Item], bool]:
        """At most `limit` rows after the place `behind`, up to `end`, and whether there are more."""
        places = (end or LOWEST, behind) if self.is_newest_first else (behind, end or HIGHEST)
        page = client.query(
            self.table,
            f"{self.pk} = :pk AND {self.sk} BETWEEN :low AND :high",
            {":pk": encode(pk), ":low": encode(places[0]), ":high": encode(places[1])},
            ScanIndexForward=not self.is_newest_first,
            Limit=limit + 2,  # One for the row at `behind`, one to see if there are more.
            **({"IndexName": self.index} if self.index else {"ConsistentRead": True}),
        )
        rows = [row for row in page["Items"] if self.place(row) != behind]
        return rows[:limit], len(rows) > limit or "LastEvaluatedKey" in page

    def place(self, row: Item) -> str:
        return str(row[self.sk]["S"])

    def page(self, client: FencedClient, pk: str, limit: int, cursor: str | None) -> tuple[list[Item], str | None]:
        rows, is_more = self.rows(client, pk, cursor or (HIGHEST if self.is_newest_first else LOWEST), limit)
        return rows, self.place(rows[-1]) if rows and is_more else None

    def whole(self, client: FencedClient, kind: type[T], rows: list[Item]) -> list[T]:
        """The whole records of index rows, which have only the keys."""
        item_keys = [{"pk": row["pk"], "sk": row["sk"]} for row in rows]
        return [decode(kind, item) for item in client.get_many(self.table, item_keys)]
