"""Chains of events: each event has a hash of its own fields, which include the hash of the event before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import Field, fields
from datetime import datetime
from typing import Any, ClassVar, Protocol

from payments.domain.values.clock import to_text


class Chained(Protocol):
    """A record of a chain. `seq` is 1, 2, 3 …; the first one's `prev_hash` is ""."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def seq(self) -> int: ...

    @property
    def at(self) -> datetime: ...

    @property
    def prev_hash(self) -> str: ...

    @property
    def hash(self) -> str: ...


def fingerprint(event: Chained) -> str:
    """SHA-256 over every field but `hash`."""
    covered = {each.name: getattr(event, each.name) for each in fields(event) if each.name != "hash"}
    return hashlib.sha256(json.dumps(covered | {"at": to_text(event.at)}, sort_keys=True).encode()).hexdigest()


def is_unbroken(events: Iterable[Chained]) -> bool:
    """Whether `events`, a whole stream, has no gap, no repeat and no altered event."""
    prev_hash = ""
    for seq, event in enumerate(events, start=1):
        if (event.seq, event.prev_hash, event.hash) != (seq, prev_hash, fingerprint(event)):
            return False
        prev_hash = event.hash
    return True
