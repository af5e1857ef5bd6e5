"""Metrics of reports: issues and fixes, and open cases by their age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

from payments.domain.records.case import Case
from payments.domain.values.clock import to_text
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports
from payments.usecases.reconciliation.compare import UNANSWERED, Document

_OLD = timedelta(hours=24)


def count_found(issues: Sequence[Document], fixes: Sequence[Document], ports: Ports, silent_more: int = 0) -> None:
    """Count issues, fixed or not, and fixes. Payments that a gateway did not answer about have a metric of their own.

    `silent_more`: how many of those the report has no room for.
    """
    silent = sum(issue["kind"] == UNANSWERED for issue in issues)
    ports.count(Metric.REPORT_ISSUES, len(issues) - silent)
    ports.count(Metric.REPORT_UNANSWERED, silent + silent_more)
    ports.count(Metric.REPORT_FIXES, len(fixes))


def count_cases(of_workspaces: Sequence[Sequence[Document]], of_none: Sequence[Case], ports: Ports) -> int:
    """Count the open cases and return their number. Those of workspaces are taken from their reports."""
    opened = [str(case["opened_at"]) for cases in of_workspaces for case in cases]
    opened += [to_text(case.opened_at) for case in of_none]
    before = to_text(ports.clock.now() - _OLD)
    ports.count(Metric.OPEN_CASES, len(opened))
    ports.count(Metric.CASES_OVER_24_HOURS, sum(at < before for at in opened))
    return len(opened)


def entries(document: Mapping[str, object], name: str) -> list[Document]:
    """A list of the report, by its name; empty if the report does not have it yet."""
    return cast("list[Document]", document.get(name, []))
