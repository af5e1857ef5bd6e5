"""Cases, of a workspace or of none; approvals, and reports of reconciliations."""

from __future__ import annotations

from payments.domain.records.approval import Approval
from payments.domain.records.case import Case
from payments.store.contract.cases import CaseStore, UnownedCaseStore
from payments.store.contract.lists import Page
from payments.store.dynamodb import keys
from payments.store.dynamodb import transactions as writes
from payments.store.dynamodb.codec import decode, encode
from payments.store.dynamodb.lists import Listing
from payments.store.dynamodb.tables.rows import Rows

_CASES = Listing("reconciliation", index="listed", pk="list_pk", sk="list_sk", is_newest_first=False)
_PARTITION = Listing("reconciliation")


class _Cases(Rows):
    def get_case(self, case_id: str) -> Case:
        return decode(Case, self._get("reconciliation", keys.case(self.workspace_id, case_id)))

    def list_cases(self, limit: int, cursor: str | None = None) -> Page[Case]:
        """A page of open cases, oldest first."""
        rows, following = _CASES.page(self._client, keys.case(self.workspace_id, "")["pk"]["S"], limit, cursor)
        read = _CASES.whole(self._client, Case, rows)
        return Page(tuple(case for case in read if case.decided_at is None), following)  # The index may be late.


class Cases(_Cases, CaseStore):
    def get_approval(self, approval_id: str) -> Approval:
        return decode(Approval, self._get("reconciliation", keys.approval(self.workspace_id, approval_id)))

    def list_approvals(self, limit: int, cursor: str | None = None) -> Page[Approval]:
        rows, following = _PARTITION.page(self._client, keys.tenant(self.workspace_id, "APR"), limit, cursor)
        return Page(tuple(decode(Approval, row) for row in rows), following)

    def put_report(self, report_id: str, document: str) -> None:
        item = keys.report(self.workspace_id, report_id) | {"document": encode(document)}
        self._client.put("reconciliation", item)

    def get_report(self, report_id: str) -> str:
        document: str = self._get("reconciliation", keys.report(self.workspace_id, report_id))["document"]["S"]
        return document

    def list_reports(self, limit: int, cursor: str | None = None) -> Page[str]:
        rows, following = _PARTITION.page(self._client, keys.tenant(self.workspace_id, "REC"), limit, cursor)
        return Page(tuple(row["document"]["S"] for row in rows), following)


class UnownedCases(_Cases, UnownedCaseStore):
    def put_case(self, case: Case) -> None:
        writes.put_case(self._client, case)
