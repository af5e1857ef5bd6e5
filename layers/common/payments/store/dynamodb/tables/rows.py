"""What the tables of all nouns share: the client, and how rows are read."""

from __future__ import annotations

from typing import TypeVar

from payments.domain.records.payment import Payment
from payments.store.contract.deliveries import Location
from payments.store.contract.errors import NotFound
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.codec import Item, decode, encode

T = TypeVar("T")


class Rows:
    """The base of a table's class: rows that belong to no workspace."""

    def __init__(self, client: FencedClient) -> None:
        self._client = client

    def _get(self, table: str, item_key: Item) -> Item:
        """The item by a consistent read. Raises NotFound."""
        item = self._client.get(table, item_key)
        if item is None:
            raise NotFound(item_key["sk"]["S"])
        return item

    def _partition(self, table: str, pk: str, prefix: str) -> list[Item]:
        """The items of a partition whose sort keys begin with `prefix`, in their order."""
        values = {":pk": encode(pk), ":prefix": encode(prefix)}
        return list(self._client.query_all(table, "pk = :pk AND begins_with(sk, :prefix)", values))


class WorkspaceRows(Rows):
    """The base of a table's class: rows of one workspace."""

    def __init__(self, client: FencedClient, workspace_id: str) -> None:
        super().__init__(client)
        self.workspace_id = workspace_id

    def _stream_of(self, table: str, record_id: str) -> str:
        """The stream of a record, by the record's id. Raises NotFound, also for a record of another workspace."""
        where = decode(Location, self._get(table, keys.reference(record_id)))
        if where.workspace_id != self.workspace_id:
            raise NotFound(record_id)
        return where.stream_id

    def _with_payment(self, kind: type[T], table: str, payment_id: str, item_key: Item) -> tuple[Payment, T]:
        """The record with this key, and its payment. Raises NotFound if one of them is missing."""
        payment, found = self._client.get_pair(
            ("payment_transactions", keys.payment(self.workspace_id, payment_id)), (table, item_key)
        )
        if payment is None or found is None:
            raise NotFound(item_key["sk"]["S"])
        return decode(Payment, payment), decode(kind, found)
