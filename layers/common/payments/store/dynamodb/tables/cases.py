"""Cases, of a workspace or of none, and approvals."""

from __future__ import annotations

from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.store.contract.lists import Page
from payments.store.dynamodb import keys
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.codec import decode
from payments.store.dynamodb.lists import Listing
from payments.store.dynamodb.tables.rows import Rows, WorkspaceRows

_CASES = Listing("reconciliation", index="listed", pk="list_pk", sk="list_sk", is_newest_first=False)
_APPROVALS = Listing("reconciliation")
_UNOWNED = ""  # The `workspace_id` of a case that belongs to no workspace.


class Cases(WorkspaceRows):
    """Implements `CaseStore` for one workspace."""

    def get_case(self, case_id: str) -> Case:
        return decode(Case, self._get("reconciliation", keys.case(self.workspace_id, case_id)))

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        return _open_cases(self._client, keys.cases(self.workspace_id), limit, cursor)


class UnownedCases(Rows):
    """Implements `UnownedCaseStore`."""

    def get_case(self, case_id: str) -> Case:
        return decode(Case, self._get("reconciliation", keys.case(_UNOWNED, case_id)))

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        return _open_cases(self._client, keys.cases(_UNOWNED), limit, cursor)

    def put_case(self, case: Case) -> None:
        writes.put_case(self._client, case)


class Approvals(WorkspaceRows):
    """Implements `ApprovalStore`."""

    def get_approval(self, approval_id: str) -> Approval:
        return decode(Approval, self._get("reconciliation", keys.approval(self.workspace_id, approval_id)))

    def list_approvals(self, limit: int, cursor: str | None = None) -> Page[Approval]:
        rows, following = _APPROVALS.page(self._client, keys.tenant(self.workspace_id, "APR"), limit, cursor)
        return Page(tuple(decode(Approval, row) for row in rows), following)


def _open_cases(client: FencedClient, pk: str, limit: int, cursor: str | None) -> Page[Case]:
    """A page of a partition's open cases, oldest first."""
    rows, following = _CASES.page(client, pk, limit, cursor)
    read = _CASES.whole(client, Case, rows)
    return Page(tuple(case for case in read if case.decided_at is None), following)  # The index may be late.
