"""Reports as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from payments.runtime.paging import report_cursor
from payments.runtime.views import JsonView, WrittenInstant
from payments.usecases.report_counts import entries


class FindingView(JsonView):
    payment_id: str
    subject_id: str
    kind: str
    note: str


class OpenCaseView(JsonView):
    """An open case as a report shows it."""

    case_id: str
    kind: str
    subject_id: str
    opened_at: WrittenInstant
    note: str


class WrittenOffView(JsonView):
    """What a decision wrote off of one attempt's capture, in minor units."""

    payment_id: str
    attempt_id: str
    amount: int
    currency: str


class ReportView(JsonView):
    """One comparison with the gateways.

    Of a window of payments by their creation, or of those that had passed a checkpoint before an hour began.
    """

    reconciliation_id: str
    workspace_id: str
    dry_run: bool
    actor: str
    created_from: WrittenInstant | None = Field(description="of a window")
    created_to: WrittenInstant | None = Field(description="of a window")
    checkpoints_before: WrittenInstant | None = Field(None, description="of an hourly report")
    started_at: WrittenInstant
    ended_at: WrittenInstant
    complete: bool = Field(
        description="false while payments are left to be compared; one without an answer counts as compared"
    )
    next_cursor: str | None = Field(None, description="of a window that is not complete: send it as cursor to go on")
    checked: int
    recovered: int
    issues: tuple[FindingView, ...]
    unanswered_more: int = Field(0, description="payments without an answer beyond the fifty that issues shows")
    fixes: tuple[FindingView, ...]
    cases: tuple[OpenCaseView, ...]
    written_off: tuple[WrittenOffView, ...] = Field((), description="of the compared payments")
    not_covered: tuple[str, ...] = Field((), description="what no report finds")

    @staticmethod
    def of(document: Mapping[str, object]) -> ReportView:
        listed = {name: tuple(view(**entry) for entry in entries(document, name)) for name, view in _ENTRIES.items()}
        return ReportView(**_shown(ReportView, document), **listed, next_cursor=report_cursor(document))


_ENTRIES: Mapping[str, type[JsonView]] = {
    "issues": FindingView,
    "fixes": FindingView,
    "cases": OpenCaseView,
    "written_off": WrittenOffView,
}


def _shown(view: type[JsonView], document: Mapping[str, object]) -> dict[str, Any]:
    """What a view shows of a document as it stands there."""
    names = view.model_fields.keys() - _ENTRIES.keys() - {"next_cursor"}
    return {name: document[name] for name in names & document.keys()}


class ReportSummaryView(JsonView):
    """A report without its entries. A hundred whole ones would not fit into one answer."""

    reconciliation_id: str
    workspace_id: str
    actor: str
    created_from: WrittenInstant | None = Field(description="of a window")
    created_to: WrittenInstant | None = Field(description="of a window")
    checkpoints_before: WrittenInstant | None = Field(None, description="of an hourly report")
    started_at: WrittenInstant
    ended_at: WrittenInstant
    complete: bool
    checked: int
    recovered: int
    issue_count: int
    fix_count: int
    unanswered_more: int = 0

    @staticmethod
    def of(document: Mapping[str, object]) -> ReportSummaryView:
        counts = {"issue_count": len(entries(document, "issues")), "fix_count": len(entries(document, "fixes"))}
        return ReportSummaryView(**_shown(ReportSummaryView, document), **counts)


class ReportList(JsonView):
    data: tuple[ReportSummaryView, ...]
    next_cursor: str | None

    @staticmethod
    def of(documents: Sequence[Mapping[str, object]], next_cursor: str | None) -> ReportList:
        return ReportList(data=tuple(map(ReportSummaryView.of, documents)), next_cursor=next_cursor)
