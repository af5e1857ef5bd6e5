"""Runs jobs in parallel threads of one function instance, since they mostly wait for gateways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any


class Threads:
    def __init__(self, pool: ThreadPoolExecutor, size: int) -> None:
        self._pool, self.size = pool, size
        self._ended: SimpleQueue[Future[Any]] = SimpleQueue()

    def start(self, job: Callable[[], Any]) -> None:
        self._pool.submit(job).add_done_callback(self._ended.put)

    def wait(self) -> Any:
        """Wait for the next finished job and return its result. Raises the job's error."""
        return self._ended.get().result()


@contextmanager
def threads(size: int) -> Iterator[Threads]:
    with ThreadPoolExecutor(size, "beside") as pool:
        yield Threads(pool, size)
