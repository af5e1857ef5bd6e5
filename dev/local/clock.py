"""Virtual time: real time times SPEED, put forward on request. It never goes back, not even over restarts."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_RESERVED_SECONDS = 15.0  # How long (real seconds) a run may go on after its last note.
NOTE_EVERY_SECONDS = 5.0


@dataclass
class Clock:
    real_anchor: float
    virtual_anchor: float
    speed: float
    real_now: Callable[[], float] = time.time
    put_forward_file: Path | None = None  # The file through which workers and simulators learn `put_forward_s`.
    put_forward_s: float = 0.0

    def now(self) -> float:
        return self.virtual_anchor + (self.real_now() - self.real_anchor) * self.speed + self.put_forward_s

    def real_seconds(self, virtual_seconds: float) -> float:
        return max(0.0, virtual_seconds) / self.speed

    def put_forward(self, seconds: float) -> None:
        self.put_forward_s += max(0.0, seconds)
        if self.put_forward_file:
            _write(self.put_forward_file, f"{self.put_forward_s:.6f}")

    @property
    def environment(self) -> str:
        """PAVATI_CLOCK, from which workers and simulators compute the same time."""
        anchor = f"{self.real_anchor:.6f},{self.virtual_anchor:.6f},{self.speed:g}"
        return f"{anchor},{self.put_forward_file}" if self.put_forward_file else anchor


def open_clock(path: Path, speed: float, real_now: Callable[[], float] = time.time) -> Clock:
    real = real_now()
    put_forward_file = path.resolve().with_name("put_forward.txt")
    clock = Clock(real, max(real, _left_off(path, real)), speed, real_now, put_forward_file)
    clock.put_forward(0)
    note(clock, path)
    return clock


def note(clock: Clock, path: Path) -> None:
    """Note a time ahead of now, so that a killed run was never later than its note."""
    noted = {
        "real": clock.real_anchor,
        "virtual": clock.virtual_anchor + clock.put_forward_s,
        "speed": clock.speed,
        "ceiling": clock.now() + _RESERVED_SECONDS * clock.speed,
    }
    _write(path, json.dumps(noted))


def _write(path: Path, text: str) -> None:
    """Write atomically: others may read the file at any time."""
    unfinished = path.with_suffix(f".{threading.get_ident()}.new")
    unfinished.write_text(text)
    unfinished.replace(path)


def keep_noting(clock: Clock, path: Path, stopped: threading.Event) -> None:
    while not stopped.wait(NOTE_EVERY_SECONDS):
        note(clock, path)


def _left_off(path: Path, real: float) -> float:
    if not path.exists():
        return 0.0
    last = json.loads(path.read_text())
    went_on = last["virtual"] + (real - last["real"]) * last["speed"]
    # A night at SPEED=20 must not become ten days: the clock stands still while nothing runs.
    return float(min(went_on, last["ceiling"]))
