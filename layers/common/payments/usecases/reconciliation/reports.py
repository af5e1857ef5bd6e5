"""Hourly reports: for each workspace, every payment that has passed a checkpoint is compared with its gateway.

A run continues where the last one of the same hour stopped. What is left after the hour is in the next hour's report.
Findings are stored first, then fixed, and then the payment counts as reconciled, so a crash loses nothing.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from payments.domain.records.event import Why
from payments.domain.values.clock import to_text
from payments.domain.values.ids import RECONCILIATION, named
from payments.store.contract.errors import NotFound, StoreError
from payments.store.contract.lists import Page
from payments.store.contract.payments import Checkpoint
from payments.usecases.errors import ReportNotFound, why_of
from payments.usecases.job_lease import run_alone
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports
from payments.usecases.reconciliation.compare import (
    OPEN_KINDS,
    UNANSWERED,
    Comparer,
    Comparison,
    Document,
    issue_of_silence,
    side_by_side,
)
from payments.usecases.reconciliation.counts import count_cases, count_found, entries
from payments.usecases.reconciliation.run import RESERVE_S, add, close, is_full, new_report
from payments.usecases.translate import get_or_raise

_JOB = "report"
PAGE = 50
_CASES_COUNTED = 100
_RETRIED = timedelta(hours=1)  # Until the next try, if the gateway did not answer;
_RETRIED_IF_REFUSED = timedelta(days=1)  # if it refused, so that a person must act.
_WHY = Why("system", "hourly report")


def hourly_report(ports: Ports) -> Document:
    """Continue the reports of this hour, one page of each workspace in turn.

    Returns {"hour", "checked", "unfinished", "open_cases"}, or {"skipped"}.
    """
    hour = ports.clock.now().replace(minute=0, second=0, microsecond=0)
    return run_alone(_JOB, partial(_run, hour, ports), ports)


def _run(hour: datetime, ports: Ports) -> Document:
    reports = [_Report(workspace_id, hour, ports) for workspace_id in _in_turn(ports)]
    waiting, last = deque(reports), ""
    while waiting and ports.time_left() >= RESERVE_S:
        report = waiting.popleft()
        try:
            report.add_page()
        except StoreError as failure:  # The next run goes on with it.
            report.is_given_up = True
            facts = {"error": type(failure).__name__, "why": why_of(failure)}
            ports.note("report.failed", level="WARNING", workspace_id=report.workspace_id, **facts)
        if not (report.is_complete or report.is_given_up):  # Given up until the next run.
            waiting.append(report)
        last = report.workspace_id
    unfinished = sum(not report.is_complete for report in reports)
    checked = sum(report.passed for report in reports)
    ports.count(Metric.PAYMENTS_RECONCILED, checked)
    ports.count(Metric.REPORTS_UNFINISHED, unfinished)
    count_found((), (), ports)  # So that the metrics exist, with 0.
    ports.store.put_position(_JOB, last)
    open_cases = count_cases([report.cases for report in reports], ports.store.list_cases(_CASES_COUNTED).found, ports)
    return {"hour": to_text(hour), "checked": checked, "unfinished": unfinished, "open_cases": open_cases}


def _in_turn(ports: Ports) -> list[str]:
    """The ids of all workspaces, beginning after the last one of the run before."""
    position, ids = ports.store.get_position(_JOB), ports.store.list_workspace_ids()
    return sorted(ids, key=lambda workspace_id: (workspace_id <= position, workspace_id))


class _Report:
    """One workspace's report of one hour."""

    def __init__(self, workspace_id: str, hour: datetime, ports: Ports) -> None:
        self.workspace_id, self._hour, self._ports = workspace_id, hour, ports
        self._store = ports.store.within(workspace_id)
        self._id = named(RECONCILIATION, hour, workspace_id)
        self._document: Document = {}
        self._pages: Iterator[tuple[list[Checkpoint], bool]] = iter(())
        self.passed, self.is_given_up = 0, False

    @property
    def is_complete(self) -> bool:
        return bool(self._document.get("complete")) and not self.is_given_up

    @property
    def cases(self) -> list[Document]:
        return entries(self._document, "cases")

    def add_page(self) -> None:
        """Add one page of payments to the report, which is read first if needed."""
        if not self._document:
            self._document, self._pages = self._read(), self._read_pages()
        if self.is_complete:
            close(self._document, self._store, self._ports)
            return
        page, is_last = next(self._pages)
        compared = self._compare(page)
        is_whole = len(compared) == len(page)
        self._document["complete"] = is_whole and is_last
        self.is_given_up = not is_whole
        close(self._document, self._store, self._ports)
        self._write()
        count_found([issue for _, found in compared for issue in found.issues], (), self._ports)
        if sum(self._fix(found) for _, found in compared):
            self._write()
        for checkpoint, found in compared:
            self._pass_checkpoint(checkpoint, found)

    def _write(self) -> None:
        self._store.put_report(self._id, json.dumps(self._document))

    def _fix(self, found: Comparison) -> int:
        """Fix what the stored report shows of one payment. Returns the number of fixes."""
        if all(issue["kind"] in OPEN_KINDS for issue in found.issues):
            return 0
        mended = self._compare_one(Checkpoint(found.payment_id, self._hour), dry_run=False)
        found.issues += [issue for issue in mended.issues if issue["kind"] in OPEN_KINDS]
        entries(self._document, "fixes").extend(mended.fixes)
        self._document["recovered"] = cast("int", self._document["recovered"]) + mended.recovered
        self._ports.count(Metric.REPORT_FIXES, len(mended.fixes))
        return len(mended.fixes)

    def _read(self) -> Document:
        try:
            document: Document = json.loads(self._store.get_report(self._id))
        except NotFound:
            document = new_report(self._id, self.workspace_id, _WHY, self._ports.clock.now())
            document["checkpoints_before"] = to_text(self._hour)
        return document

    def _read_pages(self) -> Iterator[tuple[list[Checkpoint], bool]]:
        """Each page of checkpoints, and whether it is the last one."""
        cursor = None
        while True:
            rows, cursor = self._store.list_checkpoints(self._hour, PAGE, cursor)
            yield list(rows), cursor is None
            if cursor is None:
                return

    def _compare(self, page: list[Checkpoint]) -> list[tuple[Checkpoint, Comparison]]:
        def may_start() -> bool:
            return self._ports.time_left() >= RESERVE_S and not is_full(self._document)

        compared = list(side_by_side(page, self._compare_one, self._ports, may_start))
        counted = cast("list[str]", self._document.get("page", []))
        for _, found in compared:
            add(self._document, found, is_repeated=found.payment_id in counted)
        self._document["page"] = [found.payment_id for _, found in compared]  # After a crash they are repeated.
        return compared

    def _compare_one(self, checkpoint: Checkpoint, *, dry_run: bool = True) -> Comparison:
        try:
            payment = self._store.get_payment(checkpoint.payment_id)
        except Exception as failure:  # noqa: BLE001  Whatever one payment holds, the report goes on.
            payment_id = checkpoint.payment_id
            return Comparison(payment_id, issues=[issue_of_silence(payment_id, payment_id, failure, self._ports)])
        return Comparer(self._ports.context(self.workspace_id, _WHY), dry_run).compare(payment)

    def _pass_checkpoint(self, checkpoint: Checkpoint, found: Comparison) -> None:
        """Set the payment's next checkpoint; if it could not be compared, the same one again later."""
        if not found.is_answered:
            is_silent = any(issue["kind"] == UNANSWERED for issue in found.issues)
            again = _RETRIED if is_silent else _RETRIED_IF_REFUSED
            self._store.defer_checkpoint(checkpoint, self._ports.clock.now() + again)
            return
        payment = self._store.get_payment(checkpoint.payment_id)
        self._store.pass_checkpoints(replace(payment, reconciled_at=self._hour))
        self.passed += 1


def get_report(workspace_id: str, report_id: str, ports: Ports) -> Document:
    """Raises ReportNotFound."""
    store = ports.store.within(workspace_id)
    document: Document = json.loads(get_or_raise(store.get_report, report_id, ReportNotFound("no such report")))
    return document


def list_reports(workspace_id: str, limit: int, cursor: str | None, ports: Ports) -> Page[Document]:
    """A page of the workspace's reports, newest first."""
    page = ports.store.within(workspace_id).list_reports(limit, cursor)
    return Page(tuple(json.loads(text) for text in page.found), page.next_cursor)
