"""The due index: which records are to be checked, and when. Also the leases of the jobs that check them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from payments.record import record
from payments.store.contract.lists import Cursor

SHARDS = 4  # For each gateway: a DynamoDB partition takes about 1,000 writes a second.


@record
class Lane:
    """One shard of a gateway's due rows, which is worked on under one lease."""

    gateway: str
    shard: int


@record
class Due:
    """One row of the due index. It may be out of date: the record decides."""

    kind: str  # payment | refund | dispute | delivery
    workspace_id: str  # "" for a delivery.
    stream_id: str  # For a delivery the account, as `phonepe:main`.
    subject_id: str
    due_at: datetime
    gateway: str


class DueStore(Protocol):
    """The due index of the deployment."""

    def list_due(
        self, lane: Lane, kind: str, before: datetime, limit: int, cursor: Cursor | None = None
    ) -> tuple[Sequence[Due], Cursor | None]:
        """One page of rows due before a time, oldest first, and the cursor of the next page."""

    def defer(self, due: Due, at: datetime | None) -> None:
        """Set when a row is due; None takes it out. A row that another writer has changed stays unchanged."""

    def back_off(self, due: Due, delays: Sequence[timedelta], now: datetime) -> None:
        """Set when a row is due after a failure: after the first of `delays`, after a second failure the second one.

        The next write of the record, or `defer`, resets the count of failures.
        """


class JobStore(Protocol):
    """The lease of each job, and the position at which it continues."""

    def take_job_lease(self, job: str, owner: str, now: datetime, until: datetime) -> int | None:
        """Take the lease. Returns a fencing number, which only rises; None if another owner has the lease."""

    def renew_job_lease(self, job: str, fence: int, until: datetime) -> bool:
        """Prolong the lease. Returns False if another owner has taken it since."""

    def end_job_lease(self, job: str, fence: int) -> None: ...

    def get_position(self, job: str) -> str:
        """Where the job continues; "" for the beginning."""

    def put_position(self, job: str, position: str) -> None: ...
