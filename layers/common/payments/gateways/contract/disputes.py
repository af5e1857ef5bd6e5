"""Disputes, at the gateways that tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, runtime_checkable

from payments.domain.records.dispute import DisputeSnapshot
from payments.record import record


@record
class DisputePage:
    disputes: tuple[DisputeSnapshot, ...]
    next_cursor: str = ""  # "" on the last page.


@runtime_checkable
class CanDispute(Protocol):
    """Disputes can be read and accepted. Accepting twice is accepting once."""

    def fetch_dispute(self, ref: str) -> DisputeSnapshot:
        """Raises Rejected with `http_status` 404 where the gateway does not know it."""

    def list_disputes(self, since: datetime, until: datetime, cursor: str = "") -> DisputePage:
        """Those that were opened from `since` to `until`, and wherever the gateway can tell, those changed then."""

    def accept_dispute(self, ref: str) -> DisputeSnapshot: ...
