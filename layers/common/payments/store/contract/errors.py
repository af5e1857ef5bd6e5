"""What the store raises.

StoreError
├── Conflict            another writer was first: read again, decide again
├── StoreUnavailable    throttled, unreachable, or an answer was lost: safe to repeat
├── NotFound            not there, or not this workspace's
├── KeyUsed            in `claims`: the Idempotency-Key was used before (carries the stored claim)
├── OrderExists          in `payments`: the merchant order has a payment (carries its id)
├── Unreadable          a stored item is not of its form: a defect, or an item of another version
├── StoreRejected       the request can never succeed: a defect or a missing permission, repeating does not help
├── BrokenBooks         counters that contradict one another: a defect, nothing is written
├── InvalidWorkspace    settings of this workspace are not of their form: a person must mend them
└── TenantFence         a key outside the caller's workspace: a defect, never an answer
"""

from __future__ import annotations

from typing import ClassVar

from payments.domain.records.workspace import Fault


class StoreError(Exception):
    api_code: ClassVar[str] = "internal_error"  # In the API's table of errors.


class Conflict(StoreError):
    api_code = "busy"


class StoreUnavailable(StoreError):
    api_code = "store_unavailable"


class NotFound(StoreError):
    api_code = "not_found"


class StoreRejected(StoreError):
    pass


class BrokenBooks(StoreError):
    pass


class TenantFence(StoreError):
    pass


class Unreadable(StoreError):
    pass


class InvalidWorkspace(StoreError):
    """Settings that were asked for are not of their form. Nothing stands in for them."""

    api_code = "workspace_invalid"

    def __init__(self, workspace_id: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(f"{workspace_id}: {', '.join(fault.field for fault in faults)}")
        self.workspace_id, self.faults = workspace_id, faults
