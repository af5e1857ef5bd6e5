"""The errors that the store raises.

StoreError
├── Conflict            another writer was first: read again, decide again
├── StoreUnavailable    throttled, unreachable, or an answer was lost: safe to repeat
├── NotFound            does not exist, or not in this workspace
├── KeyUsed             in `claims`: the Idempotency-Key was used before (has the stored claim)
├── OrderExists         in `payments`: the merchant order has a payment (has its id)
├── Unreadable          a stored item cannot be decoded: a defect, or an item of another version
├── StoreRejected       a defect or a missing permission: repeating does not help
├── BrokenBooks         the change's counters contradict each other: a defect, nothing is written
├── InvalidWorkspace    settings of this workspace are invalid: a person must correct them
└── TenantFence         a key outside the caller's workspace: a defect, nothing is read or written
"""

from __future__ import annotations

from typing import ClassVar

from payments.domain.records.workspace import Fault


class StoreError(Exception):
    api_code: ClassVar[str] = "internal_error"  # A key of the API's table of errors.


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
    """The requested settings are invalid. No default replaces them."""

    api_code = "workspace_invalid"

    def __init__(self, workspace_id: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(f"{workspace_id}: {', '.join(fault.field for fault in faults)}")
        self.workspace_id, self.faults = workspace_id, faults
