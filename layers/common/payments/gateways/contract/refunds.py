"""The refund operation that only some gateways need."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot


@runtime_checkable
class CanFindRefund(Protocol):
    """Gateways whose payment status has no refunded total, so refunds made at the dashboard are fetched one by one."""

    def fetch_foreign_refund(self, ref: str, attempt: Attempt) -> Snapshot:
        """Return the refund with the gateway's id `ref`; a snapshot `created` if the gateway does not know it."""
