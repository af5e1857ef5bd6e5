"""What happened, step by step: a hash that must be equal for an equal seed, and a story on demand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passed:
    """A point that a task has passed."""

    at_ms: float
    task: str
    number: int
    label: str


class Trace:
    def __init__(self) -> None:
        self._steps: list[tuple[float, str, int, str, str]] = []  # A text alone is a step of no task.

    def step(self, at_ms: float, task: str, number: int, label: str, fault: str) -> None:
        self._steps.append((at_ms, task, number, label, fault))

    def tell(self, at_ms: float, text: str) -> None:
        self._steps.append((at_ms, "", 0, text, ""))

    @property
    def hash(self) -> str:
        return hashlib.blake2b(repr(self._steps).encode(), digest_size=16).hexdigest()

    @property
    def passed(self) -> list[Passed]:
        return [Passed(at_ms, task, number, label) for at_ms, task, number, label, _ in self._steps if task]

    @property
    def lines(self) -> list[str]:
        return [self._line(*step) for step in self._steps]

    def _line(self, at_ms: float, task: str, number: int, label: str, fault: str) -> str:
        seconds, ms = divmod(int(at_ms - self._steps[0][0]), 1000)
        minutes, seconds = divmod(seconds, 60)
        reported = f"{task} · {label}" if task else label
        return f"{minutes // 60:4d}:{minutes % 60:02d}:{seconds:02d}.{ms:03d}  {reported}" + f"  <- {fault}" * bool(
            fault
        )
