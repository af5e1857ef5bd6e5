"""Lambda: every function by name, called synchronously, or with an event that is retried."""

import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from dev.local.blueprint import FunctionSpec
from dev.local.clock import Clock
from dev.local.invocation import Outcome
from dev.local.pool import Pool, PoolStatus, ThrottledError

_RETRY_WAIT_SECONDS = (60, 120)  # Lambda's waits before the second and the third try of an asynchronous event.


class NoSuchFunctionError(LookupError):
    pass


# The last argument before the outcome is the number of tries.
Failed = Callable[[FunctionSpec, bytes, int, Outcome | None], None]


class Console(Protocol):
    def function_failed(self, function: str, outcome: Outcome) -> None: ...
    def event_dropped(self, function: str, payload: bytes) -> None: ...


class Functions:
    def __init__(
        self,
        pools: Iterable[Pool],
        clock: Clock,
        console: Console,
        stopped: threading.Event,
        on_failure: Failed = lambda *_: None,
    ) -> None:
        self._pools = {pool.function.logical_id: pool for pool in pools}
        self._ids_by_name = {name: key for key, pool in self._pools.items() for name in pool.function.called_at}
        self._clock = clock
        self._console = console
        self._stopped = stopped
        self._on_failure = on_failure

    def pools(self) -> list[Pool]:
        return list(self._pools.values())

    def pool(self, name: str) -> Pool:
        """By logical id, by name, or by ARN with or without a qualifier: one of its aliases, or $LATEST."""
        logical_id = self._ids_by_name.get(name, name)
        if logical_id not in self._pools:
            raise NoSuchFunctionError(name)
        return self._pools[logical_id]

    def invoke(self, name: str, payload: bytes, *, wait_seconds: float | None = None) -> Outcome | None:
        return self.pool(name).invoke(payload, wait_seconds)

    def call(self, name: str, payload: bytes, *, wait_seconds: float | None = None) -> Outcome | None:
        """Like invoke, but a failure is also printed in the terminal."""
        outcome = self.invoke(name, payload, wait_seconds=wait_seconds)
        if outcome and outcome.error:
            self.report(name, outcome)
        return outcome

    def report(self, name: str, outcome: Outcome) -> None:
        self._console.function_failed(self.pool(name).function.logical_id, outcome)

    def send(self, name: str, payload: bytes, done: Callable[[], None] = lambda: None) -> None:
        """Invoke asynchronously: at once, then after each of Lambda's waits. A last failure is only logged."""
        pool = self.pool(name)
        threading.Thread(target=self._deliver, args=(pool, payload, done), name="event", daemon=True).start()

    def prewarm(self, logical_id: str) -> None:
        if logical_id in self._pools:
            self._pools[logical_id].prewarm()

    def status(self) -> dict[str, PoolStatus]:
        return {logical_id: pool.status() for logical_id, pool in self._pools.items()}

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _deliver(self, pool: Pool, payload: bytes, done: Callable[[], None]) -> None:
        waits = _RETRY_WAIT_SECONDS[: pool.function.retries]
        for wait_seconds in (*waits, None):
            outcome = self._outcome(pool, payload)
            if outcome and not outcome.error:
                break
            if wait_seconds is None:
                self._console.event_dropped(pool.function.logical_id, payload)
                self._on_failure(pool.function, payload, len(waits) + 1, outcome)
            elif self._stopped.wait(self._clock.real_seconds(wait_seconds)):
                break
        done()

    def _outcome(self, pool: Pool, payload: bytes) -> Outcome | None:
        try:
            return self.call(pool.function.logical_id, payload)
        except ThrottledError:
            return None
