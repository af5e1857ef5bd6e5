"""Reports of reconciliations."""

from __future__ import annotations

from typing import Protocol

from payments.store.contract.lists import Page


class ReportStore(Protocol):
    """The reports of one workspace, as JSON texts."""

    def put_report(self, report_id: str, document: str) -> None: ...

    def get_report(self, report_id: str) -> str: ...

    def list_reports(self, limit: int, cursor: str | None = None) -> Page[str]:
        """A page of reports, newest first, of at most a megabyte."""
