"""A cache of one function instance whose entries are read again after a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from payments.domain.values.clock import Clock

_ENTRIES_MAX = 1000

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class TimedCache(Generic[Key, Value]):
    """The values that `read` returns by key. Each is read again after `lasts`. Neither None nor a failure is cached."""

    def __init__(self, read: Callable[[Key], Value], lasts: timedelta, clock: Clock) -> None:
        self._read, self._lasts, self._clock = read, lasts, clock
        self._entries: dict[Key, tuple[datetime, Value]] = {}

    def __call__(self, key: Key) -> Value:
        now, entry = self._clock.now(), self._entries.get(key)
        if entry is not None and now - entry[0] < self._lasts:
            return entry[1]
        value = self._read(key)
        self._entries.pop(key, None)
        if value is not None:
            if len(self._entries) >= _ENTRIES_MAX:
                self._entries.clear()
            self._entries[key] = (now, value)
        return value
