"""The workers of one function: a queue, at most N processes, enforced timeouts."""

import collections
import contextlib
import threading
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass
from functools import partial
from typing import Any

from dev.local.alarms import ALARMS
from dev.local.blueprint import FunctionSpec
from dev.local.invocation import Invocation, Outcome
from dev.local.worker import Surroundings, Worker

QUEUE_MAX = 1000  # Beyond it the answer is Lambda's: too many requests.


class ThrottledError(Exception):
    """Reserved concurrency, or this stack's queue, is used up."""


@dataclass(frozen=True)
class PoolStatus:
    workers: int
    busy: int
    idle: int  # The others are starting, or between two calls.
    queued: int


class Pool:
    def __init__(self, function: FunctionSpec, surroundings: Surroundings, workers_max: int = 3) -> None:
        self.function = function
        self.reserved_concurrency = function.reserved_concurrency  # It can be changed through Lambda's API.
        self._surroundings = surroundings
        self._workers_max = workers_max
        self._queue: collections.deque[Invocation] = collections.deque()
        self._workers: set[Worker] = set()
        self._changed = threading.Condition()
        self._is_closed = False

    def submit(self, payload: bytes) -> Invocation:
        invocation = Invocation(payload)
        with self._changed:
            self._refuse_excess()
            self._queue.append(invocation)
            self._hire()
            self._changed.notify()
        return invocation

    def invoke(self, payload: bytes, wait_seconds: float | None = None) -> Outcome | None:
        """The outcome; None when the caller's wait is over. The function runs on."""
        with contextlib.suppress(NotYetError):
            return self.submit(payload).outcome.result(wait_seconds)
        return None

    def prewarm(self) -> None:
        with self._changed:
            if not self._workers:
                self._start_worker()

    def kill_one(self) -> int | None:
        """Kill a worker, a busy one if there is one; returns its pid."""
        with self._changed:
            living = sorted((w for w in self._workers if w.pid), key=lambda worker: worker.invocation is None)
            if not living:
                return None
            living[0].kill()
            self._changed.notify_all()
            return living[0].pid

    def status(self) -> PoolStatus:
        with self._changed:
            busy = sum(worker.invocation is not None for worker in self._workers)
            idle = sum(worker.is_idle for worker in self._workers)
            return PoolStatus(len(self._workers), busy, idle, len(self._queue))

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            workers = list(self._workers)
        for worker in workers:
            worker.kill()

    # Called by workers.

    def take(self, worker: Worker) -> Invocation | None:
        with self._changed:
            worker.is_idle = True
            while not (self._queue or self._is_closed or worker.is_ending):
                self._changed.wait()
            worker.is_idle = False
            if self._is_closed or worker.is_ending:
                return None
            invocation = self._queue.popleft()
            worker.invocation = invocation
        seconds = self.function.timeout_seconds
        invocation.start(seconds, ALARMS.set(seconds, partial(self._overrun, worker, invocation)))
        return invocation

    def done(self, worker: Worker) -> None:
        with self._changed:
            worker.invocation = None

    def ended(self, worker: Worker) -> None:
        with self._changed:
            self._workers.discard(worker)
            worker.is_ending = True
            self._changed.notify_all()  # The killed worker's own waiting request must not take an invocation any more.
            lost = worker.invocation
            if lost is None and not worker.is_ready and self._queue:
                lost = self._queue.popleft()  # As on Lambda, the call that asked for this start gets its error.
            if not self._is_closed:
                self._hire()
        if lost:
            lost.finish(worker.init_error or _exit_error(worker, lost))

    def _overrun(self, worker: Worker, invocation: Invocation) -> None:
        seconds = self.function.timeout_seconds
        message = f"RequestId: {invocation.id} Error: Task timed out after {seconds:.2f} seconds"
        if invocation.finish(Outcome.failed("Sandbox.Timedout", message)):
            worker.kill()

    # All below are called with the lock held.

    def _refuse_excess(self) -> None:
        reserved = self.reserved_concurrency
        running = sum(worker.invocation is not None for worker in self._workers)
        in_flight = running + len(self._queue)
        if len(self._queue) >= QUEUE_MAX or (reserved is not None and in_flight >= reserved):
            raise ThrottledError(self.function.name)

    def _hire(self) -> None:
        free = sum(worker.invocation is None for worker in self._workers)
        wanted = min(len(self._queue) - free, self._workers_max - len(self._workers))
        for _ in range(wanted):
            self._start_worker()

    def _start_worker(self) -> None:
        worker = Worker(self, self._surroundings)
        self._workers.add(worker)
        threading.Thread(target=worker.run, name=f"worker-{self.function.logical_id}", daemon=True).start()


def _exit_error(worker: Worker, invocation: Invocation) -> Outcome:
    process: Any = worker.process
    message = f"RequestId: {invocation.id} Error: Runtime exited with status {process.returncode if process else '?'}"
    return Outcome.failed("Runtime.ExitError", message)
