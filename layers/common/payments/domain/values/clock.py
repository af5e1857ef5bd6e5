"""The clock everything is handed. Time points are aware, in UTC, to the millisecond."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None:
        """Work is paced in real seconds, however fast this clock runs."""

    def lasting(self, seconds: float) -> timedelta:
        """How far this clock moves in so many real seconds: for leases over work."""


class SystemClock:
    """Real time; in a development stack, time that runs `speed` times faster since an anchor.

    `put_forward_s` gives the seconds by which that stack's clock was put forward since then.
    """

    def __init__(
        self,
        real: float = 0.0,
        virtual: float = 0.0,
        speed: float = 1.0,
        put_forward_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._real, self._virtual, self._speed, self._put_forward_s = real, virtual, speed, put_forward_s

    def now(self) -> datetime:
        virtual = self._virtual + (time.time() - self._real) * self._speed + self._put_forward_s()
        return from_epoch_ms(int(virtual * 1000))

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def lasting(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds * self._speed)


def from_epoch_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)


def to_text(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: sorts as text, reads in a console."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)
