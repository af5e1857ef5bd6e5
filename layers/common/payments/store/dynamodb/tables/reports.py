"""Reports of reconciliations."""

from __future__ import annotations

from payments.store.contract.lists import Page
from payments.store.dynamodb import keys
from payments.store.dynamodb.codec import encode
from payments.store.dynamodb.lists import Listing
from payments.store.dynamodb.tables.rows import WorkspaceRows

_REPORTS = Listing("reconciliation")


class Reports(WorkspaceRows):
    """Implements `ReportStore`."""

    def put_report(self, report_id: str, document: str) -> None:
        item = keys.report(self.workspace_id, report_id) | {"document": encode(document)}
        self._client.put("reconciliation", item)

    def get_report(self, report_id: str) -> str:
        document: str = self._get("reconciliation", keys.report(self.workspace_id, report_id))["document"]["S"]
        return document

    def list_reports(self, limit: int, cursor: str | None = None) -> Page[str]:
        rows, following = _REPORTS.page(self._client, keys.tenant(self.workspace_id, "REC"), limit, cursor)
        return Page(tuple(row["document"]["S"] for row in rows), following)
