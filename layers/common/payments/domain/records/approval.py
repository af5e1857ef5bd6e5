"""Approvals: one person requests something, and a second person must agree within a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from payments.domain.records.case import Case
from payments.domain.values.money import Money
from payments.record import record

LASTS = timedelta(hours=24)


class ApprovalKind(StrEnum):
    DECISION = "decision"  # Of a case above the workspace's limit.
    FORCED_REFUND = "forced_refund"  # While a chargeback is open.


class ApprovalState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


@record
class Approval:
    """`subject_id` is the case or payment. `outcome`, `note`, `reference` and `attempt_id` are what was requested."""

    id: str
    workspace_id: str
    payment_id: str
    kind: ApprovalKind
    subject_id: str
    amount: Money
    requested_by: str
    requested_at: datetime
    lapses_at: datetime
    state: ApprovalState = ApprovalState.REQUESTED
    version: int = 1
    outcome: str = ""
    note: str = ""
    reference: str = ""
    attempt_id: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    answer_note: str = ""

    def is_open(self, now: datetime) -> bool:
        return self.state is ApprovalState.REQUESTED and now < self.lapses_at

    def state_at(self, now: datetime) -> Literal["requested", "approved", "refused", "lapsed"]:
        """The state to show: an approval that was not answered in time has lapsed."""
        is_lapsed = self.state is ApprovalState.REQUESTED and not self.is_open(now)
        return "lapsed" if is_lapsed else self.state.value

    def is_about(self, case: Case) -> bool:
        """Whether the case is unchanged since the request: not opened anew, and of the same amount."""
        return self.subject_id == case.id and self.amount == case.amount and self.requested_at >= case.opened_at
