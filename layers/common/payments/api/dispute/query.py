"""The query of the list of disputes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from payments.api.fields import (
    INSTANT_FORM,
    Instant,
)
from payments.api.query import PageQuery

DisputeStatusName = Literal["open", "under_review", "won", "lost", "closed"]


class DisputesQuery(PageQuery):
    status: DisputeStatusName | None = Field(
        None,
        description=f"one of {', '.join(DisputeStatusName.__args__)}",  # type: ignore[attr-defined]
    )
    due_before: Instant | None = Field(None, description=f"those that must be answered before {INSTANT_FORM}")
