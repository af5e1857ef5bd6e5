"""Cases and approvals."""

from __future__ import annotations

from typing import Protocol

from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.store.contract.lists import Page


class CaseStore(Protocol):
    """The cases of one workspace, or those of none."""

    def get_case(self, case_id: str) -> Case:
        """Raises NotFound."""

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        """A page of open cases, oldest first."""


class UnownedCaseStore(CaseStore, Protocol):
    """Cases that belong to no workspace. A workspace's cases are saved with its payments."""

    def put_case(self, case: Case) -> None:
        """Open or decide a case. Raises Conflict if another writer was first."""


class ApprovalStore(Protocol):
    """The approvals of one workspace."""

    def get_approval(self, approval_id: str) -> Approval: ...

    def list_approvals(self, limit: int, cursor: str | None = None) -> Page[Approval]:
        """A page of approvals, newest first."""
