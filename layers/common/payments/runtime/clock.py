"""The clock of a function, in a deployment or a development stack."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from payments.domain.values.clock import from_epoch_ms


class SystemClock:
    """Real time (UTC). In a development stack, time that runs `speed` times faster since an anchor.

    The anchor is `real` and `virtual`, the same moment in Unix seconds of both clocks. `put_forward_s` returns the
    seconds by which the stack's clock was put forward since then.
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
