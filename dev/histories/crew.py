"""Jobs side by side in one invocation: each is a greenlet, and all of them die with the invocation."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dev.histories.scheduler import Ended, Scheduler, Task
from payments.runtime.settings import Settings


class Greenlets:
    def __init__(self, scheduler: Scheduler, size: int) -> None:
        self._scheduler, self.size = scheduler, size
        self._ended: deque[Ended] = deque()
        self._waiting: tuple[Task, int] | None = None

    def start(self, job: Callable[[], Any]) -> None:
        self._scheduler.start_thread(job, self._note_end)

    def wait(self) -> Any:
        """Wait for the job. Raises what it raised."""
        if not self._ended:
            self._scheduler.wait(self._set_waiting)
        ended = self._ended.popleft()
        if ended.error:
            raise ended.error
        return ended.value

    def _set_waiting(self, task: Task, ticket: int) -> None:
        self._waiting = task, ticket

    def _note_end(self, how: Ended) -> None:
        if how.was_killed:
            return
        self._ended.append(how)
        if self._waiting:
            task, ticket = self._waiting
            self._waiting = None
            self._scheduler.resume(task, ticket, None, self._scheduler.now_ms)


@contextmanager
def greenlets(scheduler: Scheduler, settings: Settings) -> Iterator[Greenlets]:
    yield Greenlets(scheduler, settings.rows_at_once)
