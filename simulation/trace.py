"""What happened, step by step: a hash that must be equal for an equal seed, and the story on demand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passed:
    """A point that a task came by."""

    at_ms: float
    task: str
    number: int
    label: str


class Trace:
    def __init__(self, keeps: bool = False) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self._lines: list[str] | None = [] if keeps else None
        self._start_ms: float | None = None
        self.passed: list[Passed] = []  # Only while lines are kept.

    def step(self, at_ms: float, task: str, number: int, label: str, fault: str) -> None:
        self._hash.update(f"{at_ms:.3f} {task} {number} {label} {fault}\n".encode())
        if self._lines is not None:
            self.passed.append(Passed(at_ms, task, number, label))
            self._lines.append(self._line(at_ms, f"{task} · {label}" + (f"  <- {fault}" if fault else "")))

    def tell(self, at_ms: float, text: str) -> None:
        self._hash.update(f"{at_ms:.3f} {text}\n".encode())
        if self._lines is not None:
            self._lines.append(self._line(at_ms, text))

    @property
    def hash(self) -> str:
        return self._hash.hexdigest()

    @property
    def lines(self) -> list[str]:
        return self._lines or []

    def _line(self, at_ms: float, text: str) -> str:
        if self._start_ms is None:
            self._start_ms = at_ms
        seconds, ms = divmod(int(at_ms - self._start_ms), 1000)
        minutes, seconds = divmod(seconds, 60)
        return f"{minutes // 60:4d}:{minutes % 60:02d}:{seconds:02d}.{ms:03d}  {text}"
