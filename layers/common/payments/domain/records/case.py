"""Cases: contradictions that need a person's decision. A case's id is its kind and subject: one is open at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from payments.domain.values.money import Money
from payments.record import record

DEPLOYMENT = "_deployment"  # Where operators decide the cases that belong to no workspace.


class CaseKind(StrEnum):
    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    MERCHANT_MISMATCH = "merchant_mismatch"
    LATE_SUCCESS = "late_success"
    REFUND_MISMATCH = "refund_mismatch"
    REFUND_RETURNED = "refund_returned"
    EXCESS_REFUND_FAILED = "excess_refund_failed"
    CAPTURE_DENIED = "capture_denied"
    MONEY_RETURNED = "money_returned"  # Refunded at the gateway without us, for an attempt that we cannot name.
    REFUND_AND_DISPUTE = "refund_and_dispute"
    DISPUTE_UNREADABLE = "dispute_unreadable"
    AUTHORIZATION_LAPSING = "authorization_lapsing"
    UNKNOWN_ORDER = "unknown_order"


class Outcome(StrEnum):
    """What a person decides about a case."""

    ACCEPT = "accept"  # What the gateway reports is right.
    REFUND = "refund"  # The money is refunded, or refunded again.
    REFUNDED_OUTSIDE = "refunded_outside"  # The merchant paid it back by other means; `reference` names the transfer.
    WRITE_OFF = "write_off"
    OURS = "ours"  # An unknown order belongs to this payment.
    NOT_OURS = "not_ours"
    ATTRIBUTE = "attribute"  # The refund made at the gateway belongs to the attempt `attempt_id`.
    NOTED = "noted"


_ANY_MONEY = (Outcome.REFUND, Outcome.REFUNDED_OUTSIDE, Outcome.WRITE_OFF)

OUTCOMES: Mapping[CaseKind, tuple[Outcome, ...]] = {
    CaseKind.AMOUNT_MISMATCH: (Outcome.ACCEPT, *_ANY_MONEY),
    CaseKind.CURRENCY_MISMATCH: _ANY_MONEY,
    CaseKind.MERCHANT_MISMATCH: _ANY_MONEY,
    CaseKind.LATE_SUCCESS: (Outcome.ACCEPT, *_ANY_MONEY),
    CaseKind.REFUND_MISMATCH: (Outcome.ACCEPT, Outcome.REFUNDED_OUTSIDE, Outcome.WRITE_OFF),
    CaseKind.REFUND_RETURNED: _ANY_MONEY,
    CaseKind.EXCESS_REFUND_FAILED: _ANY_MONEY,
    CaseKind.CAPTURE_DENIED: (Outcome.NOTED,),
    CaseKind.MONEY_RETURNED: (Outcome.ATTRIBUTE, Outcome.NOTED),
    CaseKind.REFUND_AND_DISPUTE: (Outcome.NOTED,),
    CaseKind.DISPUTE_UNREADABLE: (Outcome.NOTED,),
    CaseKind.AUTHORIZATION_LAPSING: (Outcome.NOTED,),  # The case ends by itself with the authorization.
    CaseKind.UNKNOWN_ORDER: (Outcome.OURS, Outcome.NOT_OURS),
}


@record
class Case:
    """`subject_id` is a payment, refund, dispute or unknown order. `workspace_id` is "" where it is unknown.

    `payment_id` is "" for an unknown order. `amount` is the money in question; None where it is unknown.
    """

    kind: CaseKind
    subject_id: str
    workspace_id: str
    opened_at: datetime
    note: str
    payment_id: str = ""
    amount: Money | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    outcome: str = ""
    decision_note: str = ""
    reference: str = ""

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.subject_id}"
