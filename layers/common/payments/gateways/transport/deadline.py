"""The time that the running function has left for calls."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Deadline:
    """Has no end until the first `restart`. A function restarts it for each event."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ends_at = math.inf

    def restart(self, seconds: float) -> None:
        self._ends_at = self._monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left: negative after the deadline, infinite before the first restart."""
        return self._ends_at - self._monotonic()
