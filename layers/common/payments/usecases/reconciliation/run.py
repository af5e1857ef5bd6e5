"""Reconciliation by hand: compare the payments of a window with their gateways, and report or fix what differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, cast

from payments.domain.records.case import Case
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.values.clock import to_text
from payments.domain.values.ids import RECONCILIATION
from payments.record import record
from payments.store.contract.errors import StoreError
from payments.usecases.context import Context
from payments.usecases.ports import Ports
from payments.usecases.reconciliation.compare import OPEN_KINDS, Comparer, Comparison, Document, side_by_side
from payments.usecases.reconciliation.counts import count_found, entries

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


ISSUES_MAX = 500  # A report must fit into one DynamoDB item.
RESERVE_S = 5.0  # Time that writing the report needs.
_UNANSWERED_SHOWN = 50  # So that a gateway's outage does not fill a report; more are only counted.
PAGE = 100
_CASES_SHOWN = 100
_LISTS = ("issues", "fixes", "written_off")
_NOT_COVERED = (
    "A reversal later than 35 days after the capture is known by its webhook alone.",
    "PhonePe's status has no total of refunds: a refund made in its dashboard is known by its webhook alone.",
)


@record
class Window:
    """Payments created from `created_from` to `created_to`, newest first, after `place`; None for the newest.

    `place` is a cursor of the store.
    """

    created_from: datetime
    created_to: datetime
    place: str | None = None


def reconcile(window: Window, dry_run: bool, context: Context) -> Document:
    """Compare the window and return the report {checked, recovered, issues[], fixes[], cases[], written_off[] …}.

    A dry run writes nothing. If time ran out, `complete` is false and `next_place` is where to continue.
    """
    report_id = context.ports.ids.new(RECONCILIATION, context.now())
    document = new_report(report_id, context.store.workspace_id, context.why, context.now())
    document |= {"dry_run": dry_run, "created_from": to_text(window.created_from)}
    document |= {"created_to": to_text(window.created_to)}
    comparer, reader = Comparer(context, dry_run), _PaymentReader(_payments(context.store, window))

    def may_start() -> bool:
        return context.ports.time_left() >= RESERVE_S and not is_full(document)

    for _, found in side_by_side(reader, comparer.compare, context.ports, may_start):
        add(document, found)
    document["complete"] = reader.is_at_end
    document["next_place"] = None if reader.is_at_end else reader.place(context.store, window)
    close(document, context.store, context.ports)
    if not dry_run:
        more = cast("int", document["unanswered_more"])
        count_found(entries(document, "issues"), entries(document, "fixes"), context.ports, silent_more=more)
        context.store.put_report(str(document["reconciliation_id"]), json.dumps(document))
    return document


class _PaymentReader:
    """Iterates over the window's payments, and remembers the last one that was started."""

    def __init__(self, payments: Iterable[Payment]) -> None:
        self._payments = iter(payments)
        self._last: Payment | None = None
        self.is_at_end = False

    def __iter__(self) -> Iterator[Payment]:
        try:
            for payment in self._payments:
                self._last = payment
                yield payment
            self.is_at_end = True
        except StoreError:  # The report has what was compared until now.
            return

    def place(self, store: WorkspaceStore, window: Window) -> str | None:
        return store.cursor_after(self._last) if self._last else window.place


def _payments(store: WorkspaceStore, window: Window) -> Iterator[Payment]:
    place = window.place
    while True:
        page = store.list_payments(window.created_from, window.created_to, PAGE, place, None)
        yield from page.found
        place = page.next_cursor
        if place is None:
            return


# Parts of a report.


def new_report(report_id: str, workspace_id: str, why: Why, started_at: datetime) -> Document:
    lists: Document = {name: [] for name in _LISTS}
    return lists | {
        "reconciliation_id": report_id,
        "workspace_id": workspace_id,
        "dry_run": False,
        "actor": why.actor,
        "created_from": None,
        "created_to": None,
        "checkpoints_before": None,
        "started_at": to_text(started_at),
        "complete": False,
        "next_place": None,
        "checked": 0,
        "recovered": 0,
        "unanswered_more": 0,
        "not_covered": list(_NOT_COVERED),
    }


def add(document: Document, found: Comparison, *, is_repeated: bool = False) -> None:
    """Add the result for one payment to the report, beside what an earlier run found out about it.

    `is_repeated`: a run that crashed has counted the payment already.
    """
    document["checked"] = cast("int", document["checked"]) + (not is_repeated)
    document["recovered"] = cast("int", document["recovered"]) + found.recovered
    for name in _LISTS:
        known = [entry for entry in entries(document, name) if not _is_silence_of(entry, found.payment_id)]
        document[name] = known + [entry for entry in getattr(found, name) if entry not in known]
    issues = entries(document, "issues")
    hidden = [issue for issue in issues if issue["kind"] in OPEN_KINDS][_UNANSWERED_SHOWN:]
    document["issues"] = [issue for issue in issues if issue not in hidden]
    document["unanswered_more"] = cast("int", document["unanswered_more"]) + len(hidden)


def _is_silence_of(entry: Document, payment_id: str) -> bool:
    return entry["payment_id"] == payment_id and entry.get("kind") in OPEN_KINDS


def is_full(document: Document) -> bool:
    """Whether the report has no room for another payment."""
    return sum(len(entries(document, name)) for name in _LISTS) >= ISSUES_MAX


def close(document: Document, store: WorkspaceStore, ports: Ports) -> None:
    """Set the report's end time and the workspace's open cases."""
    document["ended_at"] = to_text(ports.clock.now())
    document["cases"] = [_case(case) for case in store.list_cases(_CASES_SHOWN).found]


def _case(case: Case) -> Document:
    return {
        "case_id": case.id,
        "kind": case.kind,
        "subject_id": case.subject_id,
        "opened_at": to_text(case.opened_at),
        "note": case.note,
    }
