"""Deliveries: webhooks as they are stored. Also look-ups of a record by an id that a webhook carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from payments.domain.values.account import MAIN, Account
from payments.record import record

StreamKey = Mapping[str, Mapping[str, str]]  # The key of an item in a DynamoDB stream: {"pk": {"S": "…"}, …}.


class DeliveryState(StrEnum):
    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    PARKED = "parked"  # Its subject is not known here yet.
    AWAITING = "awaiting"  # Its payment is under review.
    DEAD = "dead"


@record
class Delivery:
    """One webhook as it is stored, without its body: all that `apply` needs of it."""

    id: str  # The same for every copy of the webhook.
    gateway: str
    kind: str
    event_type: str
    subject_id: str
    event_state: str
    state: DeliveryState
    received_at: datetime
    subject_ref: str = ""  # The webhook ref, where the webhook has no id of ours.
    tries: int = 0
    due_at: datetime | None = None
    note: str = ""
    refund_ref: str = ""  # The gateway's id of a refund made there, to be fetched by it.
    account_name: str = MAIN  # The gateway account, from the path that was called.

    @property
    def account(self) -> Account:
        return Account(self.gateway, self.account_name)


@record
class Location:
    """Where a record is: its id, its workspace, and the stream of its events."""

    workspace_id: str
    stream_id: str
    subject_id: str


class LocationStore(Protocol):
    """Look-ups of a record whose workspace is not known yet."""

    def locate(self, gateway: str, external_id: str) -> Location | None: ...

    def locate_by_ref(self, gateway: str, ref: str) -> Location | None:
        """Find an attempt by a `webhook_ref` or `payment_ref` that a change has stored; None if there is none."""

    def locate_dispute(self, gateway: str, ref: str) -> Location | None:
        """Find a dispute by the gateway's id of it; None if there is none."""


class DeliveryStore(Protocol):
    """The deliveries of the deployment."""

    def add_delivery(self, delivery: Delivery) -> Delivery | None:
        """Store a new delivery, or replace one that was given up, and return None. Else return the stored one."""

    def save_delivery(self, delivery: Delivery) -> bool:
        """Write the delivery. Returns False if the stored one stays.

        An ended delivery never becomes open again. APPLIED replaces the other ends, and IGNORED replaces DEAD.
        """

    def get_delivery(self, account: Account, delivery_id: str) -> Delivery:
        """Raises NotFound."""

    def get_added_delivery(self, key: StreamKey) -> Delivery:
        """The delivery with the key from the table's stream. Raises NotFound."""
