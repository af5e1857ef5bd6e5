"""Cursors of lists, opaque to callers.

A cursor contains the list's name, its filters, and both ends of its time window. A checksum over these and the
workspace id makes a truncated or foreign cursor invalid.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from payments.api.errors import Refusal
from payments.api.payment.query import PaymentsQuery
from payments.api.query import PageQuery
from payments.api.reconciliation.requests import ReconciliationRequest
from payments.domain.records.payment import Payment
from payments.domain.values.clock import from_text, to_text
from payments.domain.values.ids import APPROVAL, RECONCILIATION, is_id
from payments.record import record
from payments.store.contract.lists import Page
from payments.usecases.payment.read import PaymentFilter
from payments.usecases.reconciliation.run import Window

_SPAN = timedelta(days=30)
_RECONCILED_SPAN = timedelta(hours=24)
_RECONCILIATION = "reconciliation"
_PLACE = re.compile(r"2\d{3}-(0[1-9]|1[0-2])[-:.#~_A-Za-z0-9]{1,80}", re.ASCII)
_TIME_AND_ID = re.compile(r"\d{4}-(0[1-9]|1[0-2])[-:.#_A-Za-z0-9]{1,260}", re.ASCII)
CASES, DISPUTES, APPROVALS, REPORTS = "cases", "disputes", "approvals", "reports"
_IS_PLACE: Mapping[str, Callable[[str], object]] = {
    CASES: _TIME_AND_ID.fullmatch,
    DISPUTES: _TIME_AND_ID.fullmatch,
    APPROVALS: partial(is_id, APPROVAL),
    REPORTS: partial(is_id, RECONCILIATION),
}


@record
class Cursor:
    of_list: str
    created_from: datetime
    created_to: datetime
    place: str  # The store's position.

    def to_text(self, workspace_id: str) -> str:
        return _encode(workspace_id, self.of_list, to_text(self.created_from), to_text(self.created_to), self.place)

    @staticmethod
    def of(text: str, of_list: str, workspace_id: str) -> Cursor:
        """Parse a cursor of this list. Raises Refusal for any other text."""
        try:
            its_list, start, end, place = _decode(workspace_id, text)
            cursor = Cursor(its_list, from_text(start), from_text(end), place)
            is_whole = (to_text(cursor.created_from), to_text(cursor.created_to)) == (start, end)
        except (ValueError, TypeError, OverflowError):
            raise _bad() from None
        # The text after the time makes the window's last place greater than the window's end.
        if its_list != of_list or not is_whole or not _PLACE.fullmatch(place) or not start <= place <= f"{end}~":
            raise _bad()
        return cursor


def _encode(workspace_id: str, *ports: str) -> str:
    text = "|".join((*ports, _check(workspace_id, ports)))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(workspace_id: str, text: str) -> list[str]:
    """Raises ValueError if the checksum is wrong."""
    plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    *ports, check = plain.split("|")
    if check != _check(workspace_id, ports):
        raise ValueError("cut, or of another workspace")
    return ports


def _check(workspace_id: str, ports: Sequence[str]) -> str:
    return hashlib.sha256("|".join((workspace_id, *ports)).encode()).hexdigest()[:12]


def place_in(of_list: str, query: PageQuery, workspace_id: str) -> str | None:
    """Return the store's position of the query's cursor, for lists without a window. Raises Refusal."""
    if query.cursor is None:
        return None
    try:
        its_list, place = _decode(workspace_id, query.cursor)
    except ValueError:
        raise _bad() from None
    if its_list != of_list or not _IS_PLACE[of_list.partition(" ")[0]](place):
        raise _bad()
    return place


def cursor_of(of_list: str, page: Page[Any], workspace_id: str) -> str | None:
    return _encode(workspace_id, of_list, page.next_cursor) if page.next_cursor else None


def _bad() -> Refusal:
    return Refusal("invalid_request", "cursor: send next_cursor of the page before, with the same filters")


def filter_of(query: PaymentsQuery, now: datetime, workspace_id: str) -> PaymentFilter:
    """Return the filter: by default the last 30 days, newest first; with a cursor, that of the cursor's list."""
    window = _window(query, _payments(query.status), now, _SPAN, workspace_id)
    return PaymentFilter(window.created_from, window.created_to, query.status, query.limit, window.place)


def window_of(query: ReconciliationRequest, now: datetime, workspace_id: str) -> Window:
    """Return the window to reconcile: by default the last 24 hours; with a cursor, the rest of its window."""
    return _window(query, _RECONCILIATION, now, _RECONCILED_SPAN, workspace_id)


def _payments(status: str | None) -> str:
    return f"payments {status or 'all'}"


def _window(
    query: PaymentsQuery | ReconciliationRequest, of_list: str, now: datetime, span: timedelta, workspace_id: str
) -> Window:
    if query.cursor is None:
        return Window(*query.between(now, span))
    cursor = Cursor.of(query.cursor, of_list, workspace_id)
    for given, stored in ((query.created_from, cursor.created_from), (query.created_to, cursor.created_to)):
        if given and to_text(given) != to_text(stored):
            raise _bad()
    return Window(cursor.created_from, cursor.created_to, cursor.place)


def report_cursor(document: Mapping[str, object]) -> str | None:
    """Return the cursor of a stored report; None if it is complete, or hourly: those continue by themselves."""
    place = document.get("next_place")
    if not place:
        return None
    start, end = (from_text(str(document[name])) for name in ("created_from", "created_to"))
    return Cursor(_RECONCILIATION, start, end, str(place)).to_text(str(document["workspace_id"]))


def next_cursor(wanted: PaymentFilter, page: Page[Payment], workspace_id: str) -> str | None:
    if page.next_cursor is None:
        return None
    cursor = Cursor(_payments(wanted.status), wanted.created_from, wanted.created_to, page.next_cursor)
    return cursor.to_text(workspace_id)
