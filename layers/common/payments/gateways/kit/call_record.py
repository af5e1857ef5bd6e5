"""Records which gateways answered their calls during a block of code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_answered: ContextVar[dict[str, bool] | None] = ContextVar("answered", default=None)


@contextmanager
def record_calls() -> Iterator[Mapping[str, bool]]:
    """Yield a mapping: gateway name to whether it answered every call of the block. It omits gateways not called."""
    answered: dict[str, bool] = {}
    before = _answered.set(answered)
    try:
        yield answered
    finally:
        _answered.reset(before)


def note_call(gateway: str, *, is_answered: bool) -> None:
    """Record the end of a call that was sent. A refusal is an answer; a lost or unusable one is not."""
    answered = _answered.get()
    if answered is not None:
        answered[gateway] = answered.get(gateway, True) and is_answered
