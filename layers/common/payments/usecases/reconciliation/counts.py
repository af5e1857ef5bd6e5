"""What reports add to the metrics: issues and fixes, and open cases by their age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

from payments.domain.records.case import Case
from payments.domain.values.clock import to_text
from payments.usecases.ports import Ports
from payments.usecases.reconciliation.compare import UNANSWERED, Document

_OLD = timedelta(hours=24)


def count_found(issues: Sequence[Document], fixes: Sequence[Document], ports: Ports, silent_more: int = 0) -> None:
    """An issue is one whether it was mended or not. A gateway's silence has alarms of its own, and a count apart.

    `silent_more`: of those that the report has no room for.
    """
    silent = sum(issue["kind"] == UNANSWERED for issue in issues)
    ports.count("ReportIssues", len(issues) - silent)
    ports.count("ReportUnanswered", silent + silent_more)
    ports.count("ReportFixes", len(fixes))


def count_cases(of_workspaces: Sequence[Sequence[Document]], of_none: Sequence[Case], ports: Ports) -> int:
    """How many cases are open; those of workspaces are as their reports show them."""
    opened = [str(case["opened_at"]) for cases in of_workspaces for case in cases]
    opened += [to_text(case.opened_at) for case in of_none]
    before = to_text(ports.clock.now() - _OLD)
    ports.count("OpenCases", len(opened))
    ports.count("CasesOver24Hours", sum(at < before for at in opened))
    return len(opened)


def entries(document: Mapping[str, object], name: str) -> list[Document]:
    """A list of the report; empty where it is not there yet."""
    return cast("list[Document]", document.get(name, []))
