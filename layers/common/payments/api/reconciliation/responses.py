"""Reports as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from payments.api.cursor import report_cursor
from payments.api.view import JsonView
from payments.usecases.reconciliation.counts import entries

WrittenInstant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]  # As the document has it.


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
    created_from: Annotated[WrittenInstant | None, Field(description="of a window")]
    created_to: Annotated[WrittenInstant | None, Field(description="of a window")]
    checkpoints_before: Annotated[WrittenInstant | None, Field(description="of an hourly report")] = None
    started_at: WrittenInstant
    ended_at: WrittenInstant
    complete: Annotated[
        bool,
        Field(description="false while payments are left to be compared; one without an answer counts as compared"),
    ]
    next_cursor: Annotated[
        str | None, Field(description="of a window that is not complete: send it as cursor to go on")
    ] = None
    checked: int
    recovered: int
    issues: tuple[FindingView, ...]
    unanswered_more: Annotated[
        int, Field(description="payments without an answer beyond the fifty that issues shows")
    ] = 0
    fixes: tuple[FindingView, ...]
    cases: tuple[OpenCaseView, ...]
    written_off: Annotated[tuple[WrittenOffView, ...], Field(description="of the compared payments")] = ()
    not_covered: Annotated[tuple[str, ...], Field(description="what no report finds")] = ()

    @staticmethod
    def of(document: Mapping[str, object]) -> ReportView:
        shown = _values_of(ReportView, document)
        for name, view in _ENTRIES.items():
            shown[name] = tuple(view(**entry) for entry in entries(document, name))
        return ReportView(**shown, next_cursor=report_cursor(document))


_ENTRIES: Mapping[str, type[JsonView]] = {
    "issues": FindingView,
    "fixes": FindingView,
    "cases": OpenCaseView,
    "written_off": WrittenOffView,
}


def _values_of(view: type[JsonView], document: Mapping[str, object]) -> dict[str, Any]:
    """What a view shows of a document as it stands there."""
    names = view.fields.keys() - _ENTRIES.keys() - {"next_cursor"}
    found = {name: document[name] for name in names & document.keys()}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


class ReportSummaryView(JsonView):
    """A report without its entries. A hundred whole ones would not fit into one answer."""

    reconciliation_id: str
    workspace_id: str
    actor: str
    created_from: Annotated[WrittenInstant | None, Field(description="of a window")]
    created_to: Annotated[WrittenInstant | None, Field(description="of a window")]
    checkpoints_before: Annotated[WrittenInstant | None, Field(description="of an hourly report")] = None
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
        return ReportSummaryView(
            **_values_of(ReportSummaryView, document),
            issue_count=len(entries(document, "issues")),
            fix_count=len(entries(document, "fixes")),
        )


class ReportList(JsonView):
    data: tuple[ReportSummaryView, ...]
    next_cursor: str | None

    @staticmethod
    def of(documents: Sequence[Mapping[str, object]], next_cursor: str | None) -> ReportList:
        return ReportList(data=tuple(map(ReportSummaryView.of, documents)), next_cursor=next_cursor)
