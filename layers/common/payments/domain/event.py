"""Events: the append-only, hash-chained record of every change, one stream for each payment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, replace
from datetime import datetime

from payments.domain.clock import to_text


@dataclass(frozen=True, slots=True)
class Why:
    """Who caused a change, and by what: `Why("user:priya", "refund")`, `Why("system", "poll")`."""

    actor: str
    cause: str


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded change. `seq` runs 1, 2, 3 … per stream; `hash` covers the event and the hash before it.

    `stream_id` is the id of what has the log: a payment's, with its attempts, refunds and disputes in it.
    """

    stream_id: str
    seq: int
    kind: str
    subject_id: str
    from_status: str
    to_status: str
    actor: str
    cause: str
    at: datetime
    amount_minor: int
    note: str
    prev_hash: str
    hash: str = ""

    def sealed(self) -> Event:
        return replace(self, hash=self.fingerprint())

    def fingerprint(self) -> str:
        """SHA-256 over every other field, `prev_hash` included."""
        covered = {name: getattr(self, name) for name in _COVERED} | {"at": to_text(self.at)}
        return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()


_COVERED = [field.name for field in fields(Event) if field.name != "hash"]


def is_unbroken(events: list[Event]) -> bool:
    """Whether a stream's whole log has no gap, no repeat and no altered event."""
    prev_hash = ""
    for seq, event in enumerate(events, start=1):
        if (event.seq, event.prev_hash, event.hash) != (seq, prev_hash, event.fingerprint()):
            return False
        prev_hash = event.hash
    return True
