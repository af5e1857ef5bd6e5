"""The network between an invocation and what it calls: at every request the seed may delay, lose or kill.

A request and its effect do not depend on the caller: if it is killed or gives up, the effect still happens, and the
caller never gets to know it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dev.histories.chaos import Chaos, Point, Stream
from dev.histories.scheduler import Ended, HistoryOver, Scheduler, Task
from dev.histories.trace import Trace

Effect = Callable[[], Any]


@dataclass(slots=True)
class Tally:
    points: int = 0
    kills: int = 0
    unheard: int = 0  # Writes whose writer did not receive the answer.
    faults: Counter[str] = field(default_factory=Counter)


class Network:
    def __init__(self, scheduler: Scheduler, chaos: Chaos, trace: Trace) -> None:
        self.scheduler, self.chaos, self.trace = scheduler, chaos, trace
        self.tally = Tally()
        self.calm_at_ms = scheduler.start_ms + chaos.profile.calm_after_ms
        self._streams: dict[str, Stream] = {}
        self.read: Callable[[Any], None] = lambda item: None  # Called with a workspace's settings when they are read.
        self.no_token: Callable[[], None] = lambda: None
        self.heard: Callable[[str, str], None] = lambda gateway, how: None
        # When an act last disarmed the gateways; the one at the end does not count.
        self.disarmed_ms = scheduler.start_ms
        self.contended_until_ms = scheduler.start_ms  # Until then every transaction conflicts with another one.
        self.unread: set[str] = set()  # Invocations that could not read a part of what is due.
        self.troubled_ms = float("-inf")  # When something last failed.

    @property
    def is_calm(self) -> bool:
        return self.scheduler.now_ms >= self.calm_at_ms

    @property
    def is_contended(self) -> bool:
        return self.scheduler.now_ms < self.contended_until_ms

    def point(self, kind: str, label: str) -> tuple[Task, Point]:
        """The running task arrives at its next point. If it is killed before it, this never returns."""
        task = self.scheduler.current
        if task is None or self.scheduler.is_over:
            raise HistoryOver
        stream = self._streams.get(task.name)
        if stream is None:
            stream = self._streams[task.name] = self.chaos.stream(task.name)
        task.points += 1
        point = stream.point(kind, task.points, self.is_calm)
        self.tally.points += 1
        if point.fault:
            self.tally.faults[point.fault] += 1
            self.troubled_ms = self.scheduler.now_ms
        self.trace.step(self.scheduler.now_ms, task.name, task.points, label, point.fault)
        if point.fault == "kill_before":
            self.die(task)
        return task, point

    def die(self, task: Task) -> None:
        """Kill the running task: none of its `finally` blocks runs."""
        self.tally.kills += 1
        self.scheduler.wait(lambda _, __: self.scheduler.at(self.scheduler.now_ms, task.kill))

    def call(self, task: Task, point: Point, effect: Effect, at_ms: float | None = None) -> Any:
        """Run the effect at its time; return its result here, or raise its error."""
        scheduler = self.scheduler
        acts_at = scheduler.now_ms + point.there_ms + point.inside_ms if at_ms is None else at_ms
        if not point.fault and scheduler.slip(acts_at - scheduler.now_ms + point.back_ms):
            return effect()

        def arrange(waiting: Task, ticket: int) -> None:
            def act() -> None:
                outcome = attempted(effect)
                if point.fault == "kill_after":
                    self.tally.kills += 1
                    waiting.kill()
                else:
                    scheduler.resume(waiting, ticket, outcome, scheduler.now_ms + point.back_ms, point.tie)

            scheduler.at(acts_at, act, point.tie)

        outcome: Ended = scheduler.wait(arrange)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def note_unread(self) -> None:
        if self.scheduler.current:
            self.unread.add(self.scheduler.current.process[0].name)

    def later(self, delay_ms: float, effect: Effect, tie: float) -> None:
        """Schedule an effect that nobody waits for."""

        def act() -> None:
            attempted(effect)

        self.scheduler.at(self.scheduler.now_ms + delay_ms, act, tie)

    def pause(self, ms: float, point: Point) -> None:
        if not self.scheduler.slip(ms):
            self.scheduler.pause(ms, point.tie)


def attempted(effect: Effect) -> Ended:
    try:
        return Ended(effect())
    except Exception as error:  # noqa: BLE001  It is the caller's.
        return Ended(error=error)
