"""Lambda's context, the wired ports and the time budget of one invocation."""

from __future__ import annotations

import gc
from typing import Protocol

from payments.runtime.settings import Settings
from payments.usecases.ports import Ports

_RESERVE_S = 3.0  # Of the function's time, to write down what happened.
_LEAST_S = 0.1


class Restartable(Protocol):
    def restart(self, seconds: float) -> None: ...


class Wiring(Protocol):
    """What a function needs of `payments.wiring`; tests hand in their own."""

    def ports(self) -> Ports: ...

    def settings(self) -> Settings: ...

    def deadline(self) -> Restartable: ...


class LambdaContext(Protocol):
    """What is used of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int: ...


def start_clock(wiring: Wiring, context: LambdaContext, budget_s: float) -> None:
    """What may be used of this invocation's time."""
    left_s = context.get_remaining_time_in_millis() / 1000 - _RESERVE_S
    wiring.deadline().restart(max(_LEAST_S, min(budget_s, left_s)))


def enable_gc() -> None:
    """Call it after each invocation. The first call starts the garbage collector, without the objects of the start."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
