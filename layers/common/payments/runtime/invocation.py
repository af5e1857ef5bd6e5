"""Lambda's context, the ports and the time budget of one invocation."""

from __future__ import annotations

import gc
from typing import Protocol

from payments.runtime.settings import Settings
from payments.usecases.ports import Ports

_RESERVE_S = 3.0  # Kept of the function's time, to save the outcome.
_LEAST_S = 0.1


class Restartable(Protocol):
    def restart(self, seconds: float) -> None: ...


class Wiring(Protocol):
    """The part of `payments.wiring` that a function needs; tests pass their own."""

    def ports(self) -> Ports: ...

    def settings(self) -> Settings: ...

    def deadline(self) -> Restartable: ...


class LambdaContext(Protocol):
    """The part of Lambda's context that is used."""

    def get_remaining_time_in_millis(self) -> int: ...


def start_clock(wiring: Wiring, context: LambdaContext, budget_s: float) -> None:
    """Set the deadline: `budget_s` seconds, or what is left of the invocation without the reserve if less."""
    left_s = context.get_remaining_time_in_millis() / 1000 - _RESERVE_S
    wiring.deadline().restart(max(_LEAST_S, min(budget_s, left_s)))


def enable_gc() -> None:
    """Call this after each invocation. The first call enables garbage collection, except of objects made before."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
