"""Disputes, for gateways with a dispute API."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, runtime_checkable

from payments.domain.records.dispute import DisputeSnapshot
from payments.record import record


@record
class DisputePage:
    """One page of a list of disputes."""

    disputes: tuple[DisputeSnapshot, ...]
    next_cursor: str = ""  # "" on the last page.


@runtime_checkable
class CanDispute(Protocol):
    """Gateways at which a dispute can be read and accepted."""

    def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        """Return the dispute with the gateway's id `ref`.

        Raises:
            Rejected: with `http_status` 404, whatever status the gateway sent, if it does not know the dispute.
        """

    def list_disputes(self, since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        """Return one page of the disputes opened from `since` to `until`; also those changed then, if it can.

        `cursor` is the `next_cursor` of the page before, "" for the first page.
        """

    def accept_dispute(self, ref: str) -> DisputeSnapshot:
        """Accept the dispute and return it as it is afterwards. Must be idempotent.

        If an earlier call accepted the dispute, return it; do not raise.
        """
