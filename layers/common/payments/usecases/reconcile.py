"""Compare our books with the gateway's over a window, and say or mend what differs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from payments.domain.case import Case
from payments.domain.change import Change
from payments.domain.clock import to_text
from payments.domain.event import Why
from payments.domain.ids import RECONCILIATION
from payments.domain.payment import Attempt, Payment
from payments.domain.refund import Refund
from payments.domain.status import Status
from payments.gateways.contract import GatewayError
from payments.store.contract import NotFound, StoreError, WorkspaceStore
from payments.usecases.acting import Followed
from payments.usecases.commit import commit
from payments.usecases.errors import ReportNotFound
from payments.usecases.parts import Parts
from payments.usecases.sync import conclude, learn_refund

_PAGE = 100
_PAYMENTS_MAX = 5_000  # Of one run; `complete` says whether it sufficed.
_RESERVE_S = 5.0
_ISSUES_MAX = 500  # A report is one item.
_CASES_SHOWN = 100
_HOURLY_SPAN = timedelta(minutes=70)  # Overlaps the hour before.
_HOURLY_DELAY = timedelta(minutes=5)  # Younger ones are still on the ladder.

_OF_NO_MONEY = ("attempt.searched",)
_DISAGREEMENTS = ("attempt.taken_back", "payment.under_review")

Document = dict[str, object]
State = TypeVar("State")


@dataclass(slots=True)
class _Run:
    store: WorkspaceStore
    why: Why
    dry_run: bool
    parts: Parts
    checked: int = 0
    recovered: int = 0
    issues: list[Document] = field(default_factory=list)
    fixes: list[Document] = field(default_factory=list)
    written_off: list[Document] = field(default_factory=list)
    is_complete: bool = True


def reconcile(
    workspace_id: str, created_from: datetime, created_to: datetime, dry_run: bool, why: Why, parts: Parts
) -> Document:
    """The report {checked, recovered, issues[], fixes[], cases[], written_off[] …}; a dry run writes nothing at all.

    PhonePe's status has no total of refunds: only its webhook shows a refund made at its dashboard, and no report finds
    one whose webhook was lost.
    """
    started_at = parts.clock.now()
    run = _Run(parts.store.within(workspace_id), why, dry_run, parts)
    for payment in _window(run, created_from, created_to):
        _check_payment(run, payment)
    document = _document(run, workspace_id, created_from, created_to, started_at)
    if not dry_run:
        run.store.put_report(str(document["reconciliation_id"]), json.dumps(document))
    return document


def hourly_report(parts: Parts) -> Document:
    """One stored report for each workspace."""
    created_to = parts.clock.now() - _HOURLY_DELAY
    created_from, why = created_to - _HOURLY_SPAN, Why("system", "hourly report")
    reports: list[Document] = []
    for workspace_id in parts.store.list_workspace_ids():
        try:
            reports.append(reconcile(workspace_id, created_from, created_to, False, why, parts))
        except StoreError as failure:  # The others get theirs; this one is looked at again in the next hour's overlap.
            parts.note("report.failed", level="WARNING", workspace_id=workspace_id, error=type(failure).__name__)
    open_cases = sum(len(_listed(report["cases"])) for report in reports)
    open_cases += len(parts.store.list_cases(_CASES_SHOWN))
    parts.count("OpenCases", open_cases)
    return {"reports": [report["reconciliation_id"] for report in reports], "open_cases": open_cases}


def get_report(workspace_id: str, report_id: str, parts: Parts) -> Document:
    """Raises ReportNotFound."""
    try:
        document: Document = json.loads(parts.store.within(workspace_id).get_report(report_id))
    except NotFound as missing:
        raise ReportNotFound("no such report") from missing
    return document


def list_reports(workspace_id: str, parts: Parts) -> list[Document]:
    """Newest first."""
    return [json.loads(text) for text in parts.store.within(workspace_id).list_reports(_PAGE)]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _window(run: _Run, created_from: datetime, created_to: datetime) -> Iterator[Payment]:
    cursor: str | None = None
    while True:
        page = run.store.list_payments(created_from, created_to, _PAGE, cursor, None)
        for payment in page.payments:
            is_full = run.checked >= _PAYMENTS_MAX or len(run.issues) + len(run.written_off) >= _ISSUES_MAX
            if run.parts.time_left() < _RESERVE_S or is_full:
                run.is_complete = False
                return
            yield payment
        cursor = page.next_cursor
        if cursor is None:
            return


def _check_payment(run: _Run, payment: Payment) -> None:
    run.checked += 1
    run.written_off += [_written_off(payment, attempt) for attempt in payment.attempts if attempt.written_off]
    for attempt in payment.attempts:
        if attempt.copy_of:
            continue
        try:
            _check_attempt(run, payment, attempt)
        except (GatewayError, StoreError) as silence:
            run.issues.append(_issue(payment, attempt.id, "unanswered", type(silence).__name__))
    if any(attempt.captured for attempt in payment.attempts):
        try:
            _check_refunds(run, payment)
        except StoreError as silence:
            run.issues.append(_issue(payment, payment.id, "unanswered", type(silence).__name__))


def _check_attempt(run: _Run, payment: Payment, attempt: Attempt) -> None:
    gateway = run.parts.gateway(attempt.gateway)
    answered = {payment.version: gateway.fetch_payment(attempt)}

    def decide(read: Payment) -> Change | None:
        found = read.attempt(attempt.id)
        if read.version not in answered:  # An answer belongs to the state that was read before it.
            answered[read.version] = gateway.fetch_payment(found)
        return conclude(run.store, read, found, Followed(answered[read.version]), run.why, run.parts)

    _settle(run, attempt.id, Step(lambda: run.store.get_payment(payment.id), decide, payment))


def _check_refunds(run: _Run, payment: Payment) -> None:
    for refund in run.store.list_refunds(payment.id):
        try:
            _check_refund(run, payment.id, refund.id)
        except (GatewayError, StoreError) as silence:
            run.issues.append(_issue(payment, refund.id, "unanswered", type(silence).__name__))


def _check_refund(run: _Run, payment_id: str, refund_id: str) -> None:
    """The refund is read again with its payment: a webhook may have booked it since the refunds were listed."""

    def decide(read: tuple[Payment, Refund]) -> Change | None:
        return learn_refund(*read, run.why, run.parts, asks=not run.dry_run)

    _settle(run, refund_id, Step(lambda: run.store.get_refunding(payment_id, refund_id), decide))


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """What to read and what to decide on it. `first` was read already."""

    read: Callable[[], State]
    decide: Callable[[State], Change | None]
    first: State | None = None


def _settle(run: _Run, subject_id: str, step: Step[State]) -> None:
    if run.dry_run:
        change = step.decide(step.first if step.first is not None else step.read())
    else:
        change = commit(run.store, run.parts, step.read, step.decide, first=step.first).change
    if change is None or all(event.kind in _OF_NO_MONEY for event in change.events):
        return
    said = "; ".join(f"{event.kind} {event.note}".strip() for event in change.events)
    disagrees = any(event.kind in _DISAGREEMENTS for event in change.events)
    kind = "gateway_disagrees" if disagrees else "behind_gateway"
    run.issues.append(_issue(change.payment, subject_id, kind, said))
    if not run.dry_run:
        run.fixes.append(_issue(change.payment, subject_id, "applied", said))
        run.recovered += change.events[-1].to_status == Status.COMPLETED


def _issue(payment: Payment, subject_id: str, kind: str, note: str) -> Document:
    return {"payment_id": payment.id, "subject_id": subject_id, "kind": kind, "note": note}


def _document(
    run: _Run, workspace_id: str, created_from: datetime, created_to: datetime, started_at: datetime
) -> Document:
    cases = run.store.list_cases(_CASES_SHOWN)
    return {
        "reconciliation_id": run.parts.ids.new(RECONCILIATION, started_at),
        "workspace_id": workspace_id,
        "dry_run": run.dry_run,
        "actor": run.why.actor,
        "created_from": to_text(created_from),
        "created_to": to_text(created_to),
        "started_at": to_text(started_at),
        "ended_at": to_text(run.parts.clock.now()),
        "complete": run.is_complete,
        "checked": run.checked,
        "recovered": run.recovered,
        "issues": run.issues,
        "fixes": run.fixes,
        "cases": [_case(case) for case in cases],
        "written_off": run.written_off,
    }


def _written_off(payment: Payment, attempt: Attempt) -> Document:
    """The report's entry for an amount that a decision wrote off; every report with this payment shows it."""
    amount = {"amount": attempt.written_off, "currency": attempt.amount.currency}
    return {"payment_id": payment.id, "attempt_id": attempt.id, **amount}


def _case(case: Case) -> Document:
    return {
        "case_id": case.id,
        "kind": case.kind,
        "subject_id": case.subject_id,
        "opened_at": to_text(case.opened_at),
        "note": case.note,
    }
