"""Refunds: money back for one attempt, whole or part. Reserved first; booked once the gateway reports completion."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from payments.domain.values.account import MAIN, Account
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, Status
from payments.record import record

WINDOW = timedelta(days=180)
SYSTEM = "system"  # The actor of refunds of excess captures.
GATEWAY = "gateway"  # The actor of imported refunds.


class ReasonCode(StrEnum):
    CUSTOMER_REQUEST = "customer_request"
    DUPLICATE = "duplicate"
    DAMAGED = "damaged"
    NOT_DELIVERED = "not_delivered"
    FRAUD = "fraud"
    DISPUTE = "dispute"
    LATE_SUCCESS = "late_success"
    REVIEW = "review"  # A person's decision about a case.
    OTHER = "other"


@record
class Refund:
    """The gateway receives `id` with every retry, so that it refunds once."""

    id: str
    payment_id: str
    workspace_id: str
    attempt_id: str
    gateway: str
    amount: Money
    status: Status
    reason_code: ReasonCode
    reason_text: str
    actor: str
    created_at: datetime
    updated_at: datetime
    refund_ref: str = ""
    failure: Failure | None = None
    due_at: datetime | None = None
    is_contradicted: bool = False  # The gateway's report differs from ours: a case is open, nothing is booked.
    version: int = 1  # A new record has version 1.
    completed_at: datetime | None = None
    may_return_s: int = 0  # Seconds for which a completed refund is checked: it may be returned.
    decided: str = ""  # The outcome of its case; the same contradiction opens no second one.
    is_forced: bool = False  # Two persons agreed to it while a chargeback was open.
    merchant_order_id: str = ""  # Of its payment, for reads of the refund alone.
    account_name: str = MAIN  # The gateway account of its attempt.

    @property
    def account(self) -> Account:
        return Account(self.gateway, self.account_name)
