"""Cases: what needs a person. The id is made of its subject and kind, so each is open at most once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseKind(StrEnum):
    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    MERCHANT_MISMATCH = "merchant_mismatch"
    REFUND_MISMATCH = "refund_mismatch"
    LATE_SUCCESS_HELD = "late_success_held"
    CAPTURE_DENIED = "capture_denied"
    SURPLUS_REFUND_FAILED = "surplus_refund_failed"
    UNKNOWN_ORDER = "unknown_order"


@dataclass(frozen=True, slots=True)
class Case:
    """`subject_id` is a payment, refund or foreign order; `workspace_id` is empty where nobody knows it."""

    kind: CaseKind
    subject_id: str
    workspace_id: str
    opened_at: datetime
    note: str
    closed_at: datetime | None = None
    closed_by: str = ""
    closing_note: str = ""

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.subject_id}"
