"""Webhooks as received, and what an external id names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from payments.domain.values.account import MAIN, Account
from payments.record import record

StreamKey = Mapping[str, Mapping[str, str]]  # An item's key as a DynamoDB stream tells it: {"pk": {"S": "…"}, …}.


class DeliveryState(StrEnum):
    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    PARKED = "parked"  # About nothing that is known here yet.
    AWAITING = "awaiting"  # Its payment waits for a person's decision.
    DEAD = "dead"


@record
class Delivery:
    """One webhook as received, without its body: what is needed to act on it, and its fingerprint."""

    id: str  # Equal for every copy.
    gateway: str
    kind: str
    event_type: str
    subject_id: str
    event_state: str
    state: DeliveryState
    received_at: datetime
    subject_ref: str = ""  # The gateway's own name of it, where it says no id of ours.
    tries: int = 0
    due_at: datetime | None = None
    note: str = ""
    refund_ref: str = ""  # The gateway's id of a refund that was made there, where only that refund's status shows it.
    account_name: str = MAIN  # Of the gateway's account: of the address to which it came.

    @property
    def account(self) -> Account:
        return Account(self.gateway, self.account_name)


@record
class Location:
    """What an external id names: a subject, and the stream of its events."""

    workspace_id: str
    stream_id: str
    subject_id: str


class DeliveryStore(Protocol):
    """Deliveries, and look-ups before a workspace is known."""

    def locate(self, gateway: str, external_id: str) -> Location | None: ...

    def locate_by_ref(self, gateway: str, ref: str) -> Location | None:
        """The payment by a `webhook_ref` or `payment_ref` that was saved with a change of it."""

    def locate_dispute(self, gateway: str, ref: str) -> Location | None:
        """The payment by the gateway's id of a dispute; `subject_id` is our id of the dispute."""

    def add_delivery(self, delivery: Delivery) -> Delivery | None:
        """Keep a delivery, in place of one that was given up; else the stored one, where this id was kept before."""

    def save_delivery(self, delivery: Delivery) -> bool:
        """Write the delivery; False where the stored one stays. Raises StoreError.

        No end goes back to an open state. APPLIED replaces the other ends, and IGNORED replaces DEAD.
        """

    def get_delivery(self, account: Account, delivery_id: str) -> Delivery:
        """Raises NotFound."""

    def get_added_delivery(self, key: StreamKey) -> Delivery:
        """The delivery that the table's stream names. Raises NotFound."""
