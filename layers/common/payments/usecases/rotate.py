"""Begin each run at another item, so that no item is always the last one."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def rotate(items: tuple[T, ...], by: int) -> tuple[T, ...]:
    """The items in their order, beginning `by` places later."""
    first = by % max(1, len(items))
    return items[first:] + items[:first]
