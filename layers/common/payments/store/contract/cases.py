"""Cases, approvals, and reports of reconciliations."""

from __future__ import annotations

from typing import Protocol

from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.store.contract.lists import Page


class CaseStore(Protocol):
    """The cases, approvals and reports of one workspace."""

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        """A page of open cases, oldest first."""

    def get_case(self, case_id: str) -> Case: ...

    def get_approval(self, approval_id: str) -> Approval: ...

    def list_approvals(self, limit: int, cursor: str | None = None) -> Page[Approval]:
        """A page of approvals, newest first."""

    def put_report(self, report_id: str, document: str) -> None: ...

    def get_report(self, report_id: str) -> str: ...

    def list_reports(self, limit: int, cursor: str | None = None) -> Page[str]:
        """A page of reports as JSON texts, newest first, of at most a megabyte."""


class UnownedCaseStore(Protocol):
    """Cases that belong to no workspace."""

    def put_case(self, case: Case) -> None:
        """Open or decide a case. Raises Conflict if another writer was first."""

    def get_case(self, case_id: str) -> Case:
        """Raises NotFound."""

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        """A page of open cases, oldest first."""
