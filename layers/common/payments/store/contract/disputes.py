"""The protocol for disputes in the store."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from payments.domain.records.dispute import Dispute, DisputeStatus
from payments.domain.records.payment import Payment
from payments.store.contract.lists import Page


class DisputeStore(Protocol):
    """The disputes of one workspace."""

    def get_dispute(self, dispute_id: str) -> Dispute: ...

    def get_disputing(self, payment_id: str, dispute_id: str) -> tuple[Payment, Dispute]:
        """A dispute and its payment.

        They are read one after the other, so they may be of different times. A save checks both versions.
        """

    def list_disputes(self, payment_id: str) -> list[Dispute]: ...

    def list_all_disputes(
        self, statuses: Collection[DisputeStatus], limit: int, cursor: str | None = None
    ) -> Page[Dispute]:
        """A page of the workspace's disputes with these statuses, newest first."""
