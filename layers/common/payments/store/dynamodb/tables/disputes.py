"""Disputes."""

from __future__ import annotations

from collections.abc import Collection

from payments.domain.records.dispute import Dispute, DisputeStatus
from payments.domain.records.payment import Payment
from payments.store.contract.lists import Page
from payments.store.dynamodb import keys
from payments.store.dynamodb.codec import Item, decode
from payments.store.dynamodb.lists import HIGHEST, Listing
from payments.store.dynamodb.tables.rows import WorkspaceRows

_DISPUTES = Listing("payment_disputes", index="listed", pk="list_pk", sk="list_sk")


class Disputes(WorkspaceRows):
    """Implements `DisputeStore`."""

    def get_dispute(self, dispute_id: str) -> Dispute:
        stream_id = self._stream_of("payment_disputes", dispute_id)
        return decode(Dispute, self._get("payment_disputes", keys.dispute(self.workspace_id, stream_id, dispute_id)))

    def get_disputing(self, payment_id: str, dispute_id: str) -> tuple[Payment, Dispute]:
        item_key = keys.dispute(self.workspace_id, payment_id, dispute_id)
        return self._with_payment(Dispute, "payment_disputes", payment_id, item_key)

    def list_disputes(self, payment_id: str) -> list[Dispute]:
        rows = self._partition("payment_disputes", keys.of_payment(self.workspace_id, payment_id), "DSP#")
        return [decode(Dispute, row) for row in rows]

    def list_all_disputes(
        self, statuses: Collection[DisputeStatus], limit: int, cursor: str | None = None
    ) -> Page[Dispute]:
        """Newest first, merged from one partition for each status. A dispute's place does not depend on its status."""
        rows: dict[str, Item] = {}
        are_more = False
        for status in statuses:
            pk = keys.dispute_list(self.workspace_id, status)
            some, is_more = _DISPUTES.rows(self._client, pk, cursor or HIGHEST, limit)
            rows |= {_DISPUTES.place(row): row for row in some}
            are_more = are_more or is_more
        places = sorted(rows, reverse=True)
        shown = places[:limit]
        read = _DISPUTES.whole(self._client, Dispute, [rows[place] for place in shown])
        found = tuple(dispute for dispute in read if dispute.status in statuses)  # The index may be late.
        return Page(found, shown[-1] if are_more or len(places) > limit else None)
