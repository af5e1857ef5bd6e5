"""The due index, and the jobs that work it off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from payments.record import record
from payments.store.contract.lists import Cursor

SHARDS = 4  # Of each gateway in a due index: one partition takes about 1,000 writes a second.


@record
class Lane:
    """Due rows that are worked off together, under one lease."""

    gateway: str
    shard: int


@record
class Due:
    """One row of the due index: a candidate, never a fact."""

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
        """One page, oldest first, and where the next one starts."""

    def defer(self, due: Due, at: datetime | None) -> None:
        """Move a row of the due index, or take it out; a row that another writer moved stays where that put it."""

    def back_off(self, due: Due, delays: Sequence[timedelta], now: datetime) -> None:
        """Move a row whose handling failed: by the first delay, after a second failure by the second one, and so on.

        The count of failures ends with the next write of the record, or with `defer`.
        """


class JobStore(Protocol):
    """The lease and the position of each job."""

    def take_job_lease(self, job: str, owner: str, now: datetime, until: datetime) -> int | None:
        """A fencing number that only rises, or None while another holds the lease."""

    def renew_job_lease(self, job: str, fence: int, until: datetime) -> bool:
        """Whether the lease taken under this fencing number is still the newest."""

    def end_job_lease(self, job: str, fence: int) -> None: ...

    def get_position(self, job: str) -> str:
        """Where a job left off; "" where it has none."""

    def put_position(self, job: str, position: str) -> None: ...
