"""Records which gateways answered their calls during a block of code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_heard: ContextVar[dict[str, bool] | None] = ContextVar("heard", default=None)


@contextmanager
def listening() -> Iterator[Mapping[str, bool]]:
    """Yield a mapping: gateway name to whether it answered every call of the block. It omits gateways not called."""
    heard: dict[str, bool] = {}
    before = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(before)


def note_call(gateway: str, *, is_answered: bool) -> None:
    """Record the end of a call that was sent. A refusal is an answer; a lost or unusable one is not."""
    heard = _heard.get()
    if heard is not None:
        heard[gateway] = heard.get(gateway, True) and is_answered
