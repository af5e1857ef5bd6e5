"""Pages of lists. Each list is read from one index or one partition, in the order of its sort key."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TypeVar

from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.domain.records.dispute import Dispute, DisputeStatus
from payments.domain.records.payment import Payment
from payments.domain.values.clock import to_text
from payments.record import record
from payments.store.contract.lists import Page
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.codec import Item, decode, encode

T = TypeVar("T")
_QUERIES_MAX = 20  # For one page, so that a filter that matches nothing ends.
_LOWEST, _HIGHEST = "0", "~"  # Sorted before and after every place.


@record
class _Order:
    """How rows are listed: by the sort key `sk` of an index, or of the table itself."""

    table: str
    index: str = ""
    pk: str = "pk"
    sk: str = "sk"
    is_newest_first: bool = True

    def rows(self, client: FencedClient, pk: str, behind: str, limit: int, end: str = "") -> tuple[list[Item], bool]:
        """At most `limit` rows after the place `behind`, up to `end`, and whether there are more."""
        places = (end or _LOWEST, behind) if self.is_newest_first else (behind, end or _HIGHEST)
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
        rows, is_more = self.rows(client, pk, cursor or (_HIGHEST if self.is_newest_first else _LOWEST), limit)
        return rows, self.place(rows[-1]) if rows and is_more else None


_PAYMENTS = _Order("payment_transactions", index="listed", pk="list_pk", sk="list_sk")
_PAYMENTS_OF_STATUS = _Order("payment_transactions", index="listed_by_status", pk="status_pk", sk="list_sk")
_DISPUTES = _Order("payment_disputes", index="listed", pk="list_pk", sk="list_sk")
_CASES = _Order("reconciliation", index="listed", pk="list_pk", sk="list_sk", is_newest_first=False)
_PARTITION = _Order("reconciliation")


@record
class Lists:
    """The lists of one workspace; with `workspace_id` "", of what belongs to none."""

    client: FencedClient
    workspace_id: str

    def payments(
        self, created_from: datetime, created_to: datetime, limit: int, cursor: str | None, status: str | None
    ) -> Page[Payment]:
        order = _PAYMENTS_OF_STATUS if status else _PAYMENTS
        newest, oldest = cursor or f"{to_text(created_to)}~", to_text(created_from)
        found: list[Payment] = []
        for _ in range(_QUERIES_MAX):
            pk = keys.payment_list(self.workspace_id, newest[:7], status)
            rows, _ = order.rows(self.client, pk, newest, limit - len(found), oldest)
            payments = self._whole(Payment, order, rows)
            found += [payment for payment in payments if status in (None, payment.status)]  # The index may be late.
            if rows:
                newest = order.place(rows[-1])
            elif newest[:7] > oldest[:7]:
                newest = f"{_month_before(newest[:7])}~"
            else:
                return Page(tuple(found), None)
            if len(found) >= limit:
                break
        return Page(tuple(found), newest)

    def disputes(self, statuses: Collection[DisputeStatus], limit: int, cursor: str | None) -> Page[Dispute]:
        """Newest first, merged from one partition for each status. A dispute's place does not depend on its status."""
        rows: dict[str, Item] = {}
        are_more = False
        for status in statuses:
            pk = keys.dispute_list(self.workspace_id, status)
            some, is_more = _DISPUTES.rows(self.client, pk, cursor or _HIGHEST, limit)
            rows |= {_DISPUTES.place(row): row for row in some}
            are_more = are_more or is_more
        places = sorted(rows, reverse=True)
        shown = places[:limit]
        read = self._whole(Dispute, _DISPUTES, [rows[place] for place in shown])
        found = tuple(dispute for dispute in read if dispute.status in statuses)  # The index may be late.
        return Page(found, shown[-1] if are_more or len(places) > limit else None)

    def cases(self, limit: int, cursor: str | None) -> Page[Case]:
        """A page of open cases, oldest first."""
        rows, following = _CASES.page(self.client, keys.case(self.workspace_id, "")["pk"]["S"], limit, cursor)
        read = self._whole(Case, _CASES, rows)
        return Page(tuple(case for case in read if case.decided_at is None), following)  # The index may be late.

    def approvals(self, limit: int, cursor: str | None) -> Page[Approval]:
        rows, following = _PARTITION.page(self.client, keys.tenant(self.workspace_id, "APR"), limit, cursor)
        return Page(tuple(decode(Approval, row) for row in rows), following)

    def reports(self, limit: int, cursor: str | None) -> Page[str]:
        rows, following = _PARTITION.page(self.client, keys.tenant(self.workspace_id, "REC"), limit, cursor)
        return Page(tuple(row["document"]["S"] for row in rows), following)

    def _whole(self, kind: type[T], order: _Order, rows: list[Item]) -> list[T]:
        """The whole records of index rows, which have only the keys."""
        item_keys = [{"pk": row["pk"], "sk": row["sk"]} for row in rows]
        return [decode(kind, item) for item in self.client.get_many(order.table, item_keys)]


def _month_before(month: str) -> str:
    first = datetime.fromisoformat(f"{month}-01")
    return (first - timedelta(days=1)).strftime("%Y-%m")
