"""Virtual time: real time, times SPEED, never backwards even over restarts."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_RESERVED_SECONDS = 15.0  # Real seconds a run may go on after its last note.
NOTE_EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class Clock:
    real_anchor: float
    virtual_anchor: float
    speed: float
    real_now: Callable[[], float] = time.time

    def now(self) -> float:
        return self.virtual_anchor + (self.real_now() - self.real_anchor) * self.speed

    def real_seconds(self, virtual_seconds: float) -> float:
        return max(0.0, virtual_seconds) / self.speed

    @property
    def environment(self) -> str:
        """PAVATI_CLOCK, by which workers and simulators tell the same time."""
        return f"{self.real_anchor:.6f},{self.virtual_anchor:.6f},{self.speed:g}"


def open_clock(path: Path, speed: float, real_now: Callable[[], float] = time.time) -> Clock:
    real = real_now()
    clock = Clock(real, max(real, _left_off(path, real)), speed, real_now)
    note(clock, path)
    return clock


def note(clock: Clock, path: Path) -> None:
    """Written ahead, so that a killed run cannot have been later than its note."""
    noted = {
        "real": clock.real_anchor,
        "virtual": clock.virtual_anchor,
        "speed": clock.speed,
        "ceiling": clock.now() + _RESERVED_SECONDS * clock.speed,
    }
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(noted))
    unfinished.replace(path)


def keep_noting(clock: Clock, path: Path, stopped: threading.Event) -> None:
    while not stopped.wait(NOTE_EVERY_SECONDS):
        note(clock, path)


def _left_off(path: Path, real: float) -> float:
    if not path.exists():
        return 0.0
    last = json.loads(path.read_text())
    went_on = last["virtual"] + (real - last["real"]) * last["speed"]
    # A night at SPEED=20 must not become three weeks: time stands still while nothing runs.
    return float(min(went_on, last["ceiling"]))
