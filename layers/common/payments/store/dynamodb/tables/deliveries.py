"""Deliveries, and look-ups of a record by an id that a webhook has."""

from __future__ import annotations

from datetime import timedelta

from payments.domain.values.account import Account
from payments.store.contract.deliveries import Delivery, DeliveryState, Location, StreamKey
from payments.store.contract.errors import NotFound
from payments.store.dynamodb import keys
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.client import ConditionFailed
from payments.store.dynamodb.codec import Item, decode, encode, encode_item
from payments.store.dynamodb.tables.rows import Rows

DELIVERY_RETENTION = timedelta(days=400)
_ENDS = (DeliveryState.APPLIED, DeliveryState.IGNORED, DeliveryState.DEAD)  # Strongest first.


class Locations(Rows):
    """Implements `LocationStore`."""

    def locate(self, gateway: str, external_id: str) -> Location | None:
        table = "payment_refunds" if external_id.startswith("rfd_") else "payment_transactions"
        item = self._client.get(table, keys.reference(external_id))
        if item is None or item["gateway"]["S"] != gateway:
            return None
        return decode(Location, item)

    def locate_by_ref(self, gateway: str, ref: str) -> Location | None:
        item = self._client.get("payment_transactions", keys.webhook_reference(gateway, ref))
        return decode(Location, item) if item else None

    def locate_dispute(self, gateway: str, ref: str) -> Location | None:
        item = self._client.get("payment_disputes", keys.webhook_reference(gateway, ref))
        return decode(Location, item) if item else None


class Deliveries(Rows):
    """Implements `DeliveryStore`."""

    def add_delivery(self, delivery: Delivery) -> Delivery | None:
        condition = f"{writes.ABSENT} OR #state = :dead"
        values = {":dead": encode(DeliveryState.DEAD)}
        try:
            self._client.put("payment_webhook_logs", _delivery_item(delivery), condition, values, {"state": "state"})
        except ConditionFailed as failed:
            return decode(Delivery, failed.item) if failed.item else None
        return None

    def save_delivery(self, delivery: Delivery) -> bool:
        condition, values = _unless_ended(delivery.state)
        try:
            self._client.put("payment_webhook_logs", _delivery_item(delivery), condition, values, {"state": "state"})
        except ConditionFailed:
            return False  # Another copy of the webhook has ended: that stays.
        return True

    def get_delivery(self, account: Account, delivery_id: str) -> Delivery:
        return self.get_added_delivery(keys.delivery(account, delivery_id))

    def get_added_delivery(self, key: StreamKey) -> Delivery:
        item = self._client.get("payment_webhook_logs", dict(key))
        if item is None:
            raise NotFound(key["pk"]["S"])
        return decode(Delivery, item)


def _unless_ended(state: DeliveryState) -> tuple[str, Item]:
    """Condition and values of the write. The condition fails if a delivery with an equal or stronger end is stored."""
    standing = _ENDS[: _ENDS.index(state) + 1] if state in _ENDS else _ENDS
    values = {f":{end}": encode(end) for end in standing}
    return f"attribute_not_exists(pk) OR NOT #state IN ({', '.join(values)})", values


def _delivery_item(delivery: Delivery) -> Item:
    ttl = int((delivery.received_at + DELIVERY_RETENTION).timestamp())
    item = keys.delivery(delivery.account, delivery.id) | encode_item(delivery) | {"ttl": encode(ttl)}
    return item | writes.due(delivery.gateway, delivery.id, delivery.due_at)
