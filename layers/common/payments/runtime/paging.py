"""Cursors: opaque to callers. One holds its list's window too, so that pages fit together while time goes on."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from payments.domain.clock import from_text, to_text
from payments.runtime.errors import Refusal
from payments.runtime.schemas import PaymentsQuery
from payments.store.contract import Page
from payments.usecases.status import PaymentFilter

_SPAN = timedelta(days=30)
_PLACE = re.compile(r"2\d{3}-(0[1-9]|1[0-2])[-:.#~_A-Za-z0-9]{1,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    created_from: datetime
    created_to: datetime
    place: str  # The store's own.

    def to_text(self) -> str:
        plain = "|".join((to_text(self.created_from), to_text(self.created_to), self.place))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @staticmethod
    def of(text: str) -> Cursor:
        """Raises Refusal for any text that no page could have given."""
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
            start, end, place = plain.split("|")
            cursor = Cursor(from_text(start), from_text(end), place)
            is_whole = (to_text(cursor.created_from), to_text(cursor.created_to)) == (start, end)
        except (binascii.Error, ValueError, TypeError, OverflowError):
            raise _bad() from None
        if not is_whole or not _PLACE.fullmatch(place) or not start <= place or not place <= end:
            raise _bad()
        return cursor


def _bad() -> Refusal:
    return Refusal("invalid_request", "cursor: send next_cursor of the page before, with the same filters")


def filter_of(asked: PaymentsQuery, now: datetime) -> PaymentFilter:
    """What to list: by default the newest of the last 30 days; from a cursor on, exactly the list it came from."""
    if asked.cursor is None:
        start, end = asked.between(now, _SPAN)
        return PaymentFilter(start, end, asked.status, asked.limit, None)
    cursor = Cursor.of(asked.cursor)
    for given, kept in ((asked.created_from, cursor.created_from), (asked.created_to, cursor.created_to)):
        if given and to_text(given) != to_text(kept):
            raise _bad()
    return PaymentFilter(cursor.created_from, cursor.created_to, asked.status, asked.limit, cursor.place)


def next_cursor(wanted: PaymentFilter, page: Page) -> str | None:
    return page.next_cursor and Cursor(wanted.created_from, wanted.created_to, page.next_cursor).to_text()
