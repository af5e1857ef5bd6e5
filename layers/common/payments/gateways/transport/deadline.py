"""How long the running function may still wait for others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Deadline:
    """Without end until it is first restarted; a warm function restarts it on each event."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ends_at = math.inf

    def restart(self, seconds: float) -> None:
        self._ends_at = self._monotonic() + seconds

    def left(self) -> float:
        return self._ends_at - self._monotonic()
