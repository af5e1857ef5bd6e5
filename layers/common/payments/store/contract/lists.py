"""A part of a list, and where the next one starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


Cursor = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list. `next_cursor` is None on the last page; any other page may have fewer than were asked for."""

    found: tuple[T, ...]
    next_cursor: str | None
