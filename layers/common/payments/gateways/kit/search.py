"""A search for one object among a gateway's, page by page; the next check goes on where this one stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from payments.gateways.contract.errors import Rejected, SearchUnfinished, Unavailable
from payments.record import record

T = TypeVar("T")

PAGES_MAX, PAGE_SIZE = 5, 100  # Of one check: no more calls than fit into an invocation.


@record
class Page(Generic[T]):
    """`hit` is what was searched for. `next_page` is "" on the last page; `position` outlives the check."""

    hit: T | None
    next_page: str
    position: str


def search(start: str, read: Callable[[str, str], Page[T]]) -> T | None:
    """The object, or None once every page was read. `read` is given the position and the page, "" for the first.

    Raises:
        SearchUnfinished: there are more pages than one check reads, or the gateway stopped answering on the way.
        Unavailable, Rejected: the gateway did not answer at all, or refused.
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
            raise SearchUnfinished("") from refusal  # A position that the gateway no longer takes: begin anew.
        if found.hit is not None or not found.next_page:
            return found.hit
        position, page = found.position or position, found.next_page
    raise SearchUnfinished(position)
