"""The request body of a reconciliation."""

from __future__ import annotations

from pydantic import Field

from payments.api.query import Window


class ReconciliationRequest(Window):
    dry_run: bool = Field(True, description="true to only compare (the default), false to also repair")
    cursor: str | None = Field(
        None, pattern="^[A-Za-z0-9_-]{1,400}$", description="next_cursor of a report that is not complete"
    )
