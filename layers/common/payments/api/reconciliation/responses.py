"""Reconciliation reports as the API returns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from payments.api.cursor import report_cursor
from payments.api.view import JsonView
from payments.usecases.reconciliation.counts import entries

WrittenInstant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]  # Returned as it is stored.


class FindingView(JsonView):
    payment_id: str
    subject_id: str
    kind: str
    note: str


class OpenCaseView(JsonView):
    """An open case in a report."""

    case_id: str
    kind: str
    subject_id: str
    opened_at: WrittenInstant
    note: str


class WrittenOffView(JsonView):
    """The part of one attempt's capture that a decision wrote off, in minor units."""

    payment_id: str
    attempt_id: str
    amount: int
    currency: str


class ReportView(JsonView):
    """One comparison of our payments with the gateways.

    A requested report covers the payments created in a window. An hourly report covers those that passed a
    checkpoint before that hour began.
    """

    reconciliation_id: str
    workspace_id: str
    dry_run: bool
    actor: str
    created_from: Annotated[WrittenInstant | None, Field(description="start of the compared window")]
    created_to: Annotated[WrittenInstant | None, Field(description="end of the compared window")]
    checkpoints_before: Annotated[WrittenInstant | None, Field(description="only in an hourly report")] = None
    started_at: WrittenInstant
    ended_at: WrittenInstant
    complete: Annotated[
        bool,
        Field(description="false if payments are left to compare; one without an answer counts as compared"),
    ]
    next_cursor: Annotated[str | None, Field(description="if complete is false: send it as cursor to continue")] = None
    checked: int
    recovered: int
    issues: tuple[FindingView, ...]
    unanswered_more: Annotated[
        int, Field(description="payments without an answer that issues does not list; it lists fifty")
    ] = 0
    fixes: tuple[FindingView, ...]
    cases: tuple[OpenCaseView, ...]
    written_off: Annotated[tuple[WrittenOffView, ...], Field(description="written off of the compared payments")] = ()
    not_covered: Annotated[tuple[str, ...], Field(description="deviations that no report can find")] = ()

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
    """Return those values of the stored document that the view has as fields."""
    names = view.fields.keys() - _ENTRIES.keys() - {"next_cursor"}
    found = {name: document[name] for name in names & document.keys()}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


class ReportSummaryView(JsonView):
    """A report without its entries, for lists: a hundred full reports would not fit into one answer."""

    reconciliation_id: str
    workspace_id: str
    actor: str
    created_from: Annotated[WrittenInstant | None, Field(description="start of the compared window")]
    created_to: Annotated[WrittenInstant | None, Field(description="end of the compared window")]
    checkpoints_before: Annotated[WrittenInstant | None, Field(description="only in an hourly report")] = None
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
