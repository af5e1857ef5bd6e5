"""Which gateways answered while a piece of work went on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_heard: ContextVar[dict[str, bool] | None] = ContextVar("heard", default=None)


@contextmanager
def listening() -> Iterator[Mapping[str, bool]]:
    """By gateway, whether it answered every call that the block sent to it; one that was not called is not in it."""
    heard: dict[str, bool] = {}
    before = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(before)


def note_call(gateway: str, *, is_answered: bool) -> None:
    """A call that was sent has ended. A refusal is an answer; an error, a lost or a senseless answer is none."""
    heard = _heard.get()
    if heard is not None:
        heard[gateway] = heard.get(gateway, True) and is_answered
