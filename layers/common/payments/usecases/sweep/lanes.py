"""The due rows of a gateway. Each shard is read under a lease, as long as the gateway answers.

A gateway's outage must not delay the others. Until a gateway has answered, few of its rows are tried at once. After a
few failures in a row, its other rows wait for the next sweep.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from payments.store.contract.due import SHARDS, Due, Lane
from payments.store.contract.errors import StoreError
from payments.store.contract.lists import Cursor
from payments.usecases.errors import why_of
from payments.usecases.job_lease import LEASE_S, new_owner
from payments.usecases.ports import Ports
from payments.usecases.rotate import rotate
from payments.usecases.sweep.rows import KINDS

PAGE = 100
_UNPROVED_MAX = 4  # Rows in parallel, before the gateway has answered.
_FAILURES_MAX = 3  # In a row.
_UNREAD_MAX = 3  # Failed reads of a gateway's due index before the sweep skips the rest: each takes seconds.
_READ_S = 10.0  # With less time left, no further index is read.


class Leases:
    """The leases of the lanes that this sweep works on. A second sweep at the same time works on other lanes."""

    def __init__(self, ports: Ports) -> None:
        self._ports, self._owner = ports, new_owner(ports)
        self._fences: dict[Lane, int] = {}
        self.refused = 0
        self.unread: set[str] = set()  # Gateways with a lane whose lease failed in the store.

    def __bool__(self) -> bool:
        return bool(self._fences)

    def secure(self, lane: Lane) -> bool:
        """Take or prolong the lane's lease. False if another sweep has it, or if the store does not answer."""
        try:
            return self._prolong(lane) if lane in self._fences else self._take(lane)
        except StoreError as failure:
            self._note("sweep.unleased", lane, failure)
            self.unread.add(lane.gateway)
            return False

    def end(self) -> None:
        for lane, fence in self._fences.items():
            try:
                self._ports.store.end_job_lease(_job(lane), fence)
            except StoreError as failure:  # The lease ends by itself.
                self._note("sweep.lease_left", lane, failure)

    def _take(self, lane: Lane) -> bool:
        now, until = self._times()
        fence = self._ports.store.take_job_lease(_job(lane), self._owner, now, until)
        if fence is None:
            self.refused += 1
            return False
        self._fences[lane] = fence
        return True

    def _prolong(self, lane: Lane) -> bool:
        return self._ports.store.renew_job_lease(_job(lane), self._fences[lane], self._times()[1])

    def _times(self) -> tuple[datetime, datetime]:
        now = self._ports.clock.now()
        return now, now + self._ports.clock.lasting(LEASE_S)

    def _note(self, what: str, lane: Lane, failure: StoreError) -> None:
        facts = {"error": type(failure).__name__, "why": why_of(failure)}
        self._ports.note(what, level="WARNING", gateway=lane.gateway, shard=lane.shard, **facts)


class Line:
    """A gateway's due rows, each once, and the rule whether another of them may be started now."""

    def __init__(self, gateway: str, before: datetime, leases: Leases, ports: Ports) -> None:
        self.gateway, self._before, self._leases, self._ports = gateway, before, leases, ports
        self.oldest_due_at = before
        self.is_at_end = self.is_shut = self._is_out_of_time = False
        self._unread = 0
        self._seen: set[tuple[str, str]] = set()
        self._rows = self._unseen()
        self._running = self._failures = 0
        self._has_answered = False

    @property
    def is_unread(self) -> bool:
        """Whether the store failed to return a part of the gateway's due rows."""
        return self._unread > 0 or self.gateway in self._leases.unread

    @property
    def is_complete(self) -> bool:
        """Whether every part of the gateway's due rows was read to its end."""
        return self.is_at_end and not self.is_unread and not self._is_out_of_time

    def next_row(self) -> Due | None:
        """The row to start now. None if all were started, or if the gateway must answer first."""
        if self.is_at_end or self.is_shut or (self._running >= _UNPROVED_MAX and not self._has_answered):
            return None
        row = next(self._rows, None)
        self.is_at_end, self._running = row is None, self._running + (row is not None)
        return row

    def note_end(self) -> None:
        """Call it when a started row has ended."""
        self._running -= 1

    def note_call(self, *, is_answer: bool) -> None:
        """Call it when a row of any line called this gateway. `is_answer`: whether the gateway answered."""
        self._has_answered = is_answer
        self._failures = 0 if is_answer else self._failures + 1
        self.is_shut = self.is_shut or self._failures >= _FAILURES_MAX

    def _unseen(self) -> Iterator[Due]:
        for rows in self._pages():
            for row in rows:
                self.oldest_due_at = min(self.oldest_due_at, row.due_at)
                if (row.kind, row.subject_id) not in self._seen:
                    self._seen.add((row.kind, row.subject_id))
                    yield row

    def _pages(self) -> Iterator[list[Due]]:
        """The pages of due rows. Each sweep begins with another shard and kind, so that none is always last."""
        turn = int(self._before.timestamp()) // 60
        for shard in rotate(tuple(range(SHARDS)), turn):
            lane = Lane(self.gateway, shard)
            for rows in self._pages_of(lane, turn):
                if rows and not self._leases.secure(lane):
                    break
                yield rows

    def _pages_of(self, lane: Lane, turn: int) -> Iterator[list[Due]]:
        for kind in rotate(KINDS, turn):
            self._is_out_of_time = self._is_out_of_time or self._ports.time_left() < _READ_S
            if self._is_out_of_time or self._unread >= _UNREAD_MAX:
                return
            cursor: Cursor | None = None
            while True:
                try:
                    rows, cursor = self._ports.store.list_due(lane, kind, self._before, PAGE, cursor)
                except StoreError as failure:
                    self._unread += 1
                    self._ports.note(
                        "sweep.unread",
                        level="WARNING",
                        gateway=lane.gateway,
                        kind=kind,
                        shard=lane.shard,
                        error=type(failure).__name__,
                        why=why_of(failure),
                    )
                    break
                yield list(rows)
                if cursor is None:
                    break


def _job(lane: Lane) -> str:
    return f"sweep {lane.gateway} {lane.shard}"
