"""Disputes: the payer's bank or the gateway asks for money back. Each dispute is one record of its payment.

Within a phase, status only rises: `open < under_review < won, lost, closed`. A new phase may reopen an ended dispute.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from payments.domain.values.account import MAIN, Account
from payments.domain.values.money import Money
from payments.record import record


class DisputePhase(StrEnum):
    INQUIRY = "inquiry"  # A question only: no money moves, and a refund may end it.
    CHARGEBACK = "chargeback"
    PRE_ARBITRATION = "pre_arbitration"
    ARBITRATION = "arbitration"

    @property
    def rank(self) -> int:
        return list(DisputePhase).index(self)


class DisputeStatus(StrEnum):
    OPEN = "open"  # The merchant must answer by `respond_by`.
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"  # Ended without a verdict about money: withdrawn, prevented, an inquiry answered.

    @property
    def rank(self) -> int:
        return {"open": 0, "under_review": 1}.get(self, 2)

    @property
    def is_ended(self) -> bool:
        return self.rank == 2


class DisputeMoney(StrEnum):
    """Where the disputed amount is: still with the merchant, debited by the gateway, or returned to the merchant."""

    NONE = "none"
    DEBITED = "debited"
    RETURNED = "returned"


@record
class Dispute:
    """`amount` is the disputed amount, `ref` the gateway's id of the dispute. A new record has version 1."""

    id: str
    payment_id: str
    workspace_id: str
    attempt_id: str
    gateway: str
    ref: str
    amount: Money
    phase: DisputePhase
    status: DisputeStatus
    money: DisputeMoney
    opened_at: datetime
    updated_at: datetime
    version: int
    reason_code: str = ""
    respond_by: datetime | None = None
    due_at: datetime | None = None
    is_accepting: bool = False  # The merchant accepts it, and the gateway has not confirmed that yet.
    wants_another_answer: bool = False  # Under review, and the gateway wants one more answer.
    is_overdraft_reported: bool = False  # A case was opened: more may go back than was captured.
    account_name: str = MAIN  # The gateway account of the disputed attempt.

    @property
    def account(self) -> Account:
        return Account(self.gateway, self.account_name)

    @property
    def rank(self) -> tuple[int, int]:
        """Phase, then status: the order in which a dispute proceeds. The rules never lower it."""
        return self.phase.rank, self.status.rank

    @property
    def wants_answer(self) -> bool:
        """Whether the merchant must answer by `respond_by`."""
        return self.status is DisputeStatus.OPEN or (self.wants_another_answer and not self.status.is_ended)

    @property
    def is_inquiry(self) -> bool:
        return self.phase is DisputePhase.INQUIRY

    @property
    def withheld(self) -> int:
        """Minor units that must not be refunded because of this dispute.

        That is the whole amount of an open or lost chargeback, and of an inquiry for which the gateway debited it.
        """
        is_over = self.status in (DisputeStatus.WON, DisputeStatus.CLOSED)
        is_question = self.is_inquiry and self.money is not DisputeMoney.DEBITED
        return 0 if is_over or is_question else self.amount.minor


@record
class DisputeSnapshot:
    """What a gateway reports at one moment about one dispute.

    `status` or `phase` is None for a gateway's code that we do not know; `reported_status` has that code.

    `subject_id` is our id of the attempt. Where the gateway does not echo it, `subject_ref` is the `webhook_ref` of
    the checkout or the `payment_ref`.
    """

    ref: str
    amount: Money
    phase: DisputePhase | None
    status: DisputeStatus | None
    reported_status: str = ""
    subject_id: str = ""
    subject_ref: str = ""
    money: DisputeMoney = DisputeMoney.NONE
    reason_code: str = ""
    opened_at: datetime | None = None
    respond_by: datetime | None = None
