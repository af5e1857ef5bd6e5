"""What only some gateways can tell of refunds."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot


@runtime_checkable
class CanFindRefund(Protocol):
    """A payment's status carries no total of what went back: a refund that is not ours is fetched by its own ref."""

    def fetch_foreign_refund(self, ref: str, attempt: Attempt) -> Snapshot: ...
