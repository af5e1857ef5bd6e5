"""A part of a list, and where the next one starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from payments.record import record

T = TypeVar("T")


Cursor = Mapping[str, object]


@record
class Page(Generic[T]):
    """A part of a list. `next_cursor` is None on the last page; any other page may have fewer than were asked for."""

    found: tuple[T, ...]
    next_cursor: str | None
