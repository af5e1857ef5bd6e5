"""Time, handed in: a running clock that may run faster than the wall's, and one that tests move by hand."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

CLOCK_SETTING = "PAVATI_CLOCK"


class Clock(Protocol):
    """Epoch seconds, and how long a span of them lasts on the wall."""

    def now(self) -> float: ...

    def real_seconds(self, seconds: float) -> float: ...


@dataclass(frozen=True, slots=True)
class RunningClock:
    """virtual now = virtual_start + (real now - real_start) * speed"""

    real_start: float = 0.0
    virtual_start: float = 0.0
    speed: float = 1.0

    def now(self) -> float:
        return self.virtual_start + (time.time() - self.real_start) * self.speed

    def real_seconds(self, seconds: float) -> float:
        return seconds / self.speed


def clock_from(environ: Mapping[str, str] = os.environ) -> RunningClock:
    text = environ.get(CLOCK_SETTING, "")
    if not text:
        return RunningClock()
    try:
        real_start, virtual_start, speed = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{CLOCK_SETTING} must be <real_epoch_s>,<virtual_epoch_s>,<speed>, not {text!r}") from None
    if not (speed > 0 and all(map(math.isfinite, (real_start, virtual_start, speed)))):
        raise ValueError(f"{CLOCK_SETTING} must hold finite numbers and a speed above 0, not {text!r}")
    return RunningClock(real_start, virtual_start, speed)


class ManualClock:
    """Stands still until a test moves it."""

    def __init__(self, now: float = 1_795_170_600.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def real_seconds(self, seconds: float) -> float:
        return seconds

    def advance(self, seconds: float) -> None:
        self._now += seconds
