"""Clocks to inject: one that runs, possibly faster than real time, and one that a test moves by hand."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CLOCK_SETTING = "PAVATI_CLOCK"


class Clock(Protocol):
    """`now` returns epoch seconds; `real_seconds` converts a span of this clock's seconds to real seconds."""

    def now(self) -> float: ...

    def real_seconds(self, seconds: float) -> float: ...


@dataclass(frozen=True, slots=True)
class RunningClock:
    """now = virtual_start + (real now - real_start) * speed + the seconds written in `put_forward_file`, if there is
    one.
    """

    real_start: float = 0.0
    virtual_start: float = 0.0
    speed: float = 1.0
    put_forward_file: Path | None = None

    def now(self) -> float:
        put_forward_s = _number_in(self.put_forward_file) if self.put_forward_file else 0.0
        return self.virtual_start + (time.time() - self.real_start) * self.speed + put_forward_s

    def real_seconds(self, seconds: float) -> float:
        return seconds / self.speed


def clock_from(environ: Mapping[str, str] = os.environ) -> RunningClock:
    text = environ.get(CLOCK_SETTING, "")
    if not text:
        return RunningClock()
    *anchor, file = (text if text.count(",") > 2 else f"{text},").split(",", 3)
    try:
        real_start, virtual_start, speed = map(float, anchor)
        put_forward_file = _existing(file) if file else None
    except ValueError:
        form = "<real_epoch_s>,<virtual_epoch_s>,<speed>[,<file>]"
        raise ValueError(f"{CLOCK_SETTING} must be {form}, not {text!r}") from None
    if not (speed > 0 and all(map(math.isfinite, (real_start, virtual_start, speed)))):
        raise ValueError(f"{CLOCK_SETTING} must hold finite numbers and a speed above 0, not {text!r}")
    return RunningClock(real_start, virtual_start, speed, put_forward_file)


def _number_in(file: Path) -> float:
    """Read with `os.read`: courier threads ask for the time hundreds of times a second, and `read_text` takes 7 times
    as long.
    """
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return float(os.read(descriptor, 64))
    finally:
        os.close(descriptor)


def _existing(file: str) -> Path:
    if not Path(file).is_file():
        raise ValueError(f"no file {file}")
    return Path(file)


class ManualClock:
    """A clock that stands still until a test calls `advance`."""

    def __init__(self, now: float = 1_795_170_600.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def real_seconds(self, seconds: float) -> float:
        return seconds

    def advance(self, seconds: float) -> None:
        self._now += seconds
