"""What the tables of all nouns share: the client, the workspace, and how rows are read."""

from __future__ import annotations

from payments.store.contract.deliveries import Location
from payments.store.contract.errors import NotFound
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.codec import Item, decode, encode


class Rows:
    """The rows of one workspace; with `workspace_id` "", of what belongs to none."""

    def __init__(self, client: FencedClient, workspace_id: str = "") -> None:
        self._client, self.workspace_id = client, workspace_id

    def _get(self, table: str, item_key: Item) -> Item:
        """The item by a consistent read. Raises NotFound."""
        item = self._client.get(table, item_key)
        if item is None:
            raise NotFound(item_key["sk"]["S"])
        return item

    def _stream_of(self, table: str, record_id: str) -> str:
        """The stream of a record, by the record's id. Raises NotFound, also for a record of another workspace."""
        where = decode(Location, self._get(table, keys.reference(record_id)))
        if where.workspace_id != self.workspace_id:
            raise NotFound(record_id)
        return where.stream_id

    def _partition(self, table: str, pk: str, prefix: str) -> list[Item]:
        """The items of a partition whose sort keys begin with `prefix`, in their order."""
        values = {":pk": encode(pk), ":prefix": encode(prefix)}
        return list(self._client.query_all(table, "pk = :pk AND begins_with(sk, :prefix)", values))
