"""A search through a gateway's list, page by page. The next check continues where this one stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from payments.gateways.contract.errors import Rejected, SearchUnfinished, Unavailable
from payments.record import record

T = TypeVar("T")

PAGES_MAX, PAGE_SIZE = 5, 100  # Per check: as many calls as fit into one invocation.


@record
class Page(Generic[T]):
    """`hit` is the object, None if it is not on this page. `next_page` is "" on the last page.

    `position` is stored between checks; unlike `next_page`, it must stay valid.
    """

    hit: T | None
    next_page: str
    position: str


def search(start: str, read: Callable[[str, str], Page[T]]) -> T | None:
    """Return the object, or None after every page was read. `read` gets (position, page); the first page is "".

    Raises:
        SearchUnfinished: there are more pages than one check reads, or a later page could not be read.
        Unavailable: the first page could not be read.
        Rejected: the gateway refused a search from the beginning.
    """
    position, page = start, ""
    for _ in range(PAGES_MAX):
        try:
            found = read(start, page)
        except Unavailable as silence:
            if position == start:
                raise
            raise SearchUnfinished(position) from silence
        except Rejected as refusal:
            if not start:
                raise
            raise SearchUnfinished("") from refusal  # The position is no longer valid: start again.
        if found.hit is not None or not found.next_page:
            return found.hit
        position, page = found.position or position, found.next_page
    raise SearchUnfinished(position)
