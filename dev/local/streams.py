"""DynamoDB's streams: a change of a streamed table starts a function, as Lambda does.

One queue replaces a stream's shards: two changes of one item may be delivered at the same time.
"""

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

from dev.dynamodb_model import Change
from dev.local.blueprint import REGION, EventSourceSpec, stream_arn
from dev.local.clock import Clock
from dev.local.dynamodb import encode
from dev.local.event_pattern import compiled
from dev.local.invocation import Outcome
from dev.local.pool import ThrottledError

_AGAIN_AFTER_SECONDS = 1.0
_SETTLE_SECONDS_MAX = 30.0  # Longer than a function that waits for its gateway.

Hook = Callable[[list[Change]], None]
Call = Callable[[str, bytes], Outcome | None]
Dropped = Callable[[str, bytes], None]


def in_turn(*hooks: Hook) -> Hook:
    """All hooks as one. When one fails, the later ones are not called."""

    def tell(changes: list[Change]) -> None:
        for hook in hooks:
            hook(changes)

    return tell


class Streams:
    """`call` sends one batch; `dropped` is called with records that got too old."""

    def __init__(self, specs: Iterable[EventSourceSpec], call: Call, clock: Clock, dropped: Dropped) -> None:
        self._clock = clock
        self._sources = [_Source(spec, call, clock, dropped) for spec in specs]
        self._streamed = {source.spec.table for source in self._sources}
        self._numbers = count(1)
        self.enqueued = 0  # Records that at least one function receives.

    def start(self) -> None:
        for source in self._sources:
            source.start()

    def stop(self) -> None:
        """Deliver nothing more; do not wait for a call that runs."""
        for source in self._sources:
            source.stop()

    def put(self, changes: list[Change]) -> None:
        """The database's hook. It is called under the database's lock, so it never waits."""
        for change in changes:
            if change.table in self._streamed and change.old != change.new:
                self._put(change.table, _Record.of(change, next(self._numbers), self._clock.now()))

    def settle(self, seconds_max: float = _SETTLE_SECONDS_MAX) -> bool:
        """Wait until no record waits and no call runs; False if that takes longer than `seconds_max`."""
        give_up_at = time.monotonic() + seconds_max
        return all(source.is_idle_by(give_up_at) for source in self._sources)

    def _put(self, table: str, record: "_Record") -> None:
        for source in self._sources:
            if source.spec.table == table and source.wants(record):
                self.enqueued += 1
                source.put(record)


@dataclass(frozen=True)
class _Record:
    value: dict[str, Any]  # As a function receives it.
    at: float

    @classmethod
    def of(cls, change: Change, number: int, at: float) -> "_Record":
        event = "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY"
        value = {
            "eventID": uuid.uuid4().hex,
            "eventName": event,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": {
                "ApproximateCreationDateTime": int(at),
                "Keys": change.key,
                "SequenceNumber": f"{number:021}",
                "StreamViewType": "KEYS_ONLY",
            },
            "eventSourceARN": stream_arn(change.table),
        }
        return cls(value, at)


class _Source:
    """One function's queue, and the threads that empty it."""

    def __init__(self, spec: EventSourceSpec, call: Call, clock: Clock, dropped: Dropped) -> None:
        self.spec = spec
        self._call, self._clock, self._dropped = call, clock, dropped
        self._matches = [compiled(pattern) for pattern in spec.patterns]
        self._waiting: deque[_Record] = deque()
        self._running = 0
        lock = threading.Lock()
        self._has_work, self._is_idle = threading.Condition(lock), threading.Condition(lock)
        self._stopped = threading.Event()

    def wants(self, record: _Record) -> bool:
        return not self._matches or any(matches(record.value) for matches in self._matches)

    def put(self, record: _Record) -> None:
        with self._has_work:
            self._waiting.append(record)
            self._has_work.notify()

    def start(self) -> None:
        name = f"stream-{self.spec.function}"
        for _ in range(self.spec.at_once):
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        with self._has_work:
            self._has_work.notify_all()
            self._is_idle.notify_all()

    def is_idle_by(self, give_up_at: float) -> bool:
        def is_idle() -> bool:
            return self._stopped.is_set() or not (self._waiting or self._running)

        with self._is_idle:
            return self._is_idle.wait_for(is_idle, max(0.0, give_up_at - time.monotonic()))

    def _run(self) -> None:
        while batch := self._take():
            try:
                self._deliver(batch)
            finally:
                with self._is_idle:
                    self._running -= 1
                    self._is_idle.notify_all()

    def _take(self) -> list[_Record]:
        """Empty: it was stopped."""
        with self._has_work:
            self._has_work.wait_for(lambda: self._waiting or self._stopped.is_set())
            if self._stopped.is_set():
                return []
            self._running += 1
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self.spec.batch_size))]

    def _deliver(self, batch: list[_Record]) -> None:
        """Deliver until it succeeds, has failed too often, or is too old.

        Its age counts from the second call on: at a high SPEED the first call would already be too late.
        """
        failures = 0
        while batch and not self._stopped.is_set():
            outcome = self._outcome(batch)
            if outcome and not outcome.error:
                return
            failures += outcome is not None
            if 0 <= self.spec.retries < failures:
                return
            self._stopped.wait(self._clock.real_seconds(_AGAIN_AFTER_SECONDS))
            batch = self._young_enough(batch)

    def _outcome(self, batch: list[_Record]) -> Outcome | None:
        """None: throttled, which does not count as a failure of the function."""
        try:
            return self._call(self.spec.function, _payload(batch))
        except ThrottledError:
            return None

    def _young_enough(self, batch: list[_Record]) -> list[_Record]:
        oldest = self._clock.now() - self.spec.age_seconds_max
        young = [record for record in batch if self.spec.age_seconds_max < 0 or record.at >= oldest]
        if old := [record for record in batch if record not in young]:
            self._dropped(self.spec.function, _payload(old))
        return young


def _payload(batch: list[_Record]) -> bytes:
    return encode({"Records": [record.value for record in batch]})
