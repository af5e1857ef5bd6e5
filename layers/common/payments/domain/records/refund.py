"""A refund: money back, whole or part, for one attempt. Reserved first, booked only on the gateway's word."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from payments.domain.values.account import MAIN, Account
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, Status
from payments.record import record

WINDOW = timedelta(days=180)
SYSTEM = "system"  # The actor of refunds that nobody asked for.
GATEWAY = "gateway"  # The actor of refunds that were made at the gateway, without us.


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
    """`id` is what the gateway sees, for ever: every retry carries it."""

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
    is_contradicted: bool = False  # The gateway contradicts us: a case is open, nothing is booked.
    version: int = 1  # Of the record: its first write is 1.
    completed_at: datetime | None = None
    may_return_s: int = 0  # A completed one is checked for so long: it may come back.
    decided: str = ""  # The outcome of its review; the same contradiction opens no second case.
    is_forced: bool = False  # Two persons agreed to it while a chargeback was open.
    merchant_order_id: str = ""  # Of its payment, for whoever reads the refund alone.
    account_name: str = MAIN  # Of the gateway's account: that of its attempt.

    @property
    def account(self) -> Account:
        return Account(self.gateway, self.account_name)
