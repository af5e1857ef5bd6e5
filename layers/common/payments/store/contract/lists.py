"""Pages of lists, and their cursors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from payments.record import record

T = TypeVar("T")


Cursor = Mapping[str, object]


@record
class Page(Generic[T]):
    """One page of a list. `next_cursor` is None on the last page. Any page may have fewer entries than the limit."""

    found: tuple[T, ...]
    next_cursor: str | None
