"""Cases and approvals, and the reports that name what differs."""

from __future__ import annotations

from typing import Protocol

from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.store.contract.lists import Page


class CaseStore(Protocol):
    """The cases, approvals and reports of one workspace."""

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        """Open ones, oldest first."""

    def get_case(self, case_id: str) -> Case: ...

    def get_approval(self, approval_id: str) -> Approval: ...

    def list_approvals(self, limit: int, cursor: str | None = None) -> Page[Approval]:
        """Newest first."""

    def put_report(self, report_id: str, document: str) -> None: ...

    def get_report(self, report_id: str) -> str: ...

    def list_reports(self, limit: int, cursor: str | None = None) -> Page[str]:
        """Newest first. A page has at most a megabyte."""


class UnownedCaseStore(Protocol):
    """Cases that no workspace is known for."""

    def put_case(self, case: Case) -> None:
        """Open or decide a case of no workspace. Raises Conflict where another writer was first."""

    def get_case(self, case_id: str) -> Case:
        """A case of no workspace."""

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        """Open ones that no workspace is known for, oldest first."""
