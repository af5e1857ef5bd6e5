"""Lists, newest first, paged by `count` and `skip`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from gateway_simulators.razorpay.errors import bad_request

USUAL, MOST = 10, 100
TIMES = (946_684_800, 4_765_046_400)


class Dated(Protocol):
    @property
    def created_at(self) -> float: ...


T = TypeVar("T", bound=Dated)


def read_page(args: Mapping[str, str], items: Iterable[T]) -> list[T]:
    count, skip = _whole(args, "count", USUAL, 1, MOST), _whole(args, "skip", 0, 0, 10**9)
    since, until = (_whole(args, name, bound, *TIMES) for name, bound in zip(("from", "to"), TIMES, strict=True))
    found = [item for item in items if since <= int(item.created_at) <= until]
    return found[::-1][skip : skip + count]


def _whole(args: Mapping[str, str], name: str, otherwise: int, least: int, most: int) -> int:
    text = args.get(name, "")
    if not text:
        return otherwise
    if not text.isdigit() or not least <= int(text) <= most:
        raise bad_request(f"The {name} must be between {least} and {most}.", field=name)
    return int(text)
