"""Virtual time and the invocations in it. One thread: a task runs until it waits, then another one runs.

Everything that happens is an entry of one agenda, ordered by time. Entries of the same instant are ordered by a drawn
number, so the seed decides ties.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

Body = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a task: a value, an error, or neither because it was killed."""

    value: object = None
    error: Exception | None = None
    was_killed: bool = False


class Task:
    """One invocation. A killed one is never resumed: none of its `finally` blocks runs, as in a dead process."""

    def __init__(
        self,
        name: str,
        body: Body,
        hub: greenlet,
        began_ms: float,
        dies_at_ms: float,
        on_end: Callable[[Ended], None],
    ) -> None:
        self.name, self.began_ms, self.dies_at_ms, self.on_end = name, began_ms, dies_at_ms, on_end
        self.process = [self]  # The threads that live and die together.
        self.points = 0  # Passed so far; a fault is named by the task and the number of its point.
        self.is_over = False
        self._waiting_for = 0
        self._greenlet = greenlet(self._run, hub)
        self._body = body

    def _run(self) -> Ended:
        try:
            return Ended(self._body())
        except Exception as error:  # noqa: BLE001  Whatever it is, the world judges it.
            return Ended(error=error)

    def enter(self, ticket: int, outcome: object) -> None:
        """Resume it, unless it no longer waits for that ticket."""
        if self.is_over or ticket != self._waiting_for:
            return
        self._waiting_for += 1
        ended = self._greenlet.switch() if ticket == 0 else self._greenlet.switch(outcome)
        if isinstance(ended, Ended):
            self._end(ended)

    @property
    def ticket(self) -> int:
        """A name for what the task waits for now."""
        return self._waiting_for

    def kill(self) -> None:
        """Kill the whole process with all of its threads."""
        for task in [task for task in self.process if not task.is_over]:
            task._end(Ended(was_killed=True))

    def forget(self) -> None:
        """At the end of a history: free the stack. What its cleanup does no longer counts."""
        self.is_over = True
        if not self._greenlet.dead:
            self._greenlet.throw(GreenletExit)

    def _end(self, ended: Ended) -> None:
        self.is_over = True
        self.on_end(ended)


class HistoryOver(GreenletExit):
    """Raised in whatever still tries to act after the end."""


class Scheduler:
    def __init__(self, start_ms: float) -> None:
        self.now_ms = start_ms
        self.start_ms = start_ms
        self.current: Task | None = None
        self.is_over = False
        self.is_stopped = False  # Set to end the history early.
        self.steps = 0
        self._agenda: list[tuple[float, float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._hub = getcurrent()
        self._tasks: dict[int, Task] = {}  # Tasks that are not over.
        self._killed: list[Task] = []  # Referenced, because collecting their stacks would run their `finally` blocks.

    def at(self, when_ms: float, action: Callable[[], None], tie: float = 0.5) -> None:
        heapq.heappush(self._agenda, (max(when_ms, self.now_ms), tie, next(self._order), action))

    def spawn(self, name: str, body: Body, lives_ms: float, on_end: Callable[[Ended], None]) -> Task:
        """Start a task now; it is cut off when its time is over."""
        task = self._task(name, body, self.now_ms + lives_ms, on_end)
        self._enter(task, 0, None)
        return task

    def start_thread(self, body: Body, on_end: Callable[[Ended], None]) -> None:
        """From within a task: start another thread of its process, which begins when the task next waits."""
        if self.is_over or self.current is None:
            raise HistoryOver
        process = self.current.process
        first = process[0]
        thread = self._task(f"{first.name}.{len(process)}", body, first.dies_at_ms, on_end)
        thread.process = process
        process.append(thread)
        self.at(self.now_ms, lambda: self._enter(thread, 0, None))

    def _task(self, name: str, body: Body, dies_at_ms: float, on_end: Callable[[Ended], None]) -> Task:
        task = Task(name, body, self._hub, self.now_ms, dies_at_ms, lambda how: self._over(task, how, on_end))
        self._tasks[id(task)] = task
        return task

    def wait(self, arrange: Callable[[Task, int], None]) -> Any:
        """From within a task: wait until what `arrange` has set up resumes it."""
        if self.is_over or self.current is None:
            raise HistoryOver
        arrange(self.current, self.current.ticket)
        outcome = self._hub.switch()
        if self.is_over:
            raise HistoryOver
        return outcome

    def resume(self, task: Task, ticket: int, outcome: object, when_ms: float, tie: float = 0.5) -> None:
        self.at(when_ms, lambda: self._enter(task, ticket, outcome), tie)

    def pause(self, ms: float, tie: float = 0.5) -> None:
        """From within a task: let `ms` pass, and run whatever else is due first."""
        self.wait(lambda task, ticket: self.resume(task, ticket, None, self.now_ms + ms, tie))

    def slip(self, ms: float) -> bool:
        """Let `ms` pass without a switch, where nobody else has anything due meanwhile."""
        then_ms = self.now_ms + ms
        if (
            self.current is None
            or (self._agenda and self._agenda[0][0] <= then_ms)
            or then_ms > self.current.dies_at_ms
        ):
            return False
        self.now_ms += ms
        return True

    def run(self, until_ms: float, steps_max: int) -> bool:
        """True if everything came to rest before `until_ms` and within `steps_max` steps."""
        while self._agenda and not self.is_stopped:
            if self._agenda[0][0] > until_ms or self.steps >= steps_max:
                return False
            when_ms, _, _, action = heapq.heappop(self._agenda)
            self.now_ms = when_ms
            self.steps += 1
            action()
        return True

    def close(self) -> None:
        self.is_over = True
        self._agenda.clear()
        for task in (*self._tasks.values(), *self._killed):
            task.forget()
        self._tasks.clear()
        self._killed.clear()

    def _over(self, task: Task, how: Ended, on_end: Callable[[Ended], None]) -> None:
        del self._tasks[id(task)]
        if how.was_killed:
            self._killed.append(task)
        on_end(how)

    def _enter(self, task: Task, ticket: int, outcome: object) -> None:
        if task.is_over:
            return
        if self.now_ms > task.dies_at_ms:
            task.kill()
            return
        before, self.current = self.current, task
        try:
            task.enter(ticket, outcome)
        finally:
            self.current = before
