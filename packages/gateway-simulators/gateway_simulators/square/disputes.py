"""Disputes: inquiries and chargebacks, accepted, contested, won or lost."""

from __future__ import annotations

from gateway_simulators.kit.gateway import ClosedError, LedgerDispute, NotOfferedError
from gateway_simulators.square.errors import bad_request, not_found
from gateway_simulators.square.payments import Payments, Shared
from gateway_simulators.square.records import COMPLETED, Dispute, Payment
from gateway_simulators.square.views import dispute_view

REASONS = (  # Reasons for the sandbox's amounts 88.01 to 88.09, in this order.
    "AMOUNT_DIFFERS", "CANCELLED", "DUPLICATE", "NO_KNOWLEDGE", "NOT_AS_DESCRIBED", "NOT_RECEIVED",
    "PAID_BY_OTHER_MEANS", "CUSTOMER_REQUESTS_CREDIT", "EMV_LIABILITY_SHIFT",
)  # fmt: skip
FIRST_AMOUNT, RESPOND_SECONDS = 8801, 7 * 86400.0
INQUIRY, CHARGEBACK = "INQUIRY_EVIDENCE_REQUIRED", "EVIDENCE_REQUIRED"
STATES = {
    INQUIRY: "open",
    "INQUIRY_PROCESSING": "under_review",
    "INQUIRY_CLOSED": "closed",
    CHARGEBACK: "open",
    "PROCESSING": "under_review",
    "WON": "won",
    "LOST": "lost",
    "ACCEPTED": "lost",
}
REVIEWED = {INQUIRY: "INQUIRY_PROCESSING", CHARGEBACK: "PROCESSING"}
BLOCKING = (CHARGEBACK, "PROCESSING", "LOST", "ACCEPTED")


class Disputes:
    def __init__(self, payments: Payments, shared: Shared) -> None:
        self._payments, self._shared, self._timers = payments, shared, shared.timers
        self.by_id: dict[str, Dispute] = {}
        payments.on_captured = self._by_amount

    def clear(self) -> None:
        self.by_id.clear()

    # Calls of the merchant's server.

    def get(self, dispute_id: str) -> Dispute:
        if dispute_id not in self.by_id:
            raise not_found("dispute", dispute_id)
        return self.by_id[dispute_id]

    def accept(self, dispute_id: str) -> Dispute:
        """*Assumed*: only a dispute that waits for the merchant's answer can be accepted."""
        return self._answered(dispute_id, dict.fromkeys(REVIEWED, "ACCEPTED"))

    def submit(self, dispute_id: str) -> Dispute:
        return self._answered(dispute_id, REVIEWED)

    def _answered(self, dispute_id: str, after: dict[str, str]) -> Dispute:
        dispute = self.get(dispute_id)
        if dispute.state not in after:
            raise bad_request("BAD_REQUEST", f"Dispute {dispute_id} is {dispute.state}.")
        self._move(dispute, after[dispute.state])
        return dispute

    # Acts of the cardholder and the bank.

    def open(self, payment: Payment, amount: int, phase: str, reason: str, respond_in_s: float) -> Dispute:
        if phase not in ("inquiry", "chargeback"):
            raise NotOfferedError("Square knows inquiries and chargebacks")
        if payment.status != COMPLETED or not 0 < amount <= payment.amount:
            raise ClosedError(f"payment {payment.id} has not captured {amount}")
        now, ids = self._timers.now(), self._shared.ids
        dispute = Dispute(
            id=ids.new(22),
            payment_id=payment.id,
            location_id=payment.location_id,
            amount=amount,
            currency=payment.currency,
            reason=reason or "NO_KNOWLEDGE",
            state=INQUIRY if phase == "inquiry" else CHARGEBACK,
            card_brand=payment.source.brand,
            created_at=now,
            updated_at=now,
            due_at=now + respond_in_s,
        )
        self.by_id[dispute.id] = dispute
        self._tell(dispute, "dispute.created")
        self._timers.at(dispute.due_at, lambda: self._end_unanswered(dispute))
        return dispute

    def act(self, dispute: Dispute, act: str) -> None:
        is_inquiry, state = dispute.state.startswith("INQUIRY"), STATES[dispute.state]
        if act == "reopen" and is_inquiry:
            return self._move(dispute, CHARGEBACK)
        if act == "reopen" or state not in ("open", "under_review") or (is_inquiry and act == "lose"):
            raise ClosedError(f"dispute {dispute.id} is {dispute.state}")
        if is_inquiry:
            return self._move(dispute, "INQUIRY_CLOSED")
        # *Assumed*: a dispute that the cardholder withdraws is won.
        return self._move(dispute, "LOST" if act == "lose" else "WON")

    def blocks_refunds(self, payment_id: str) -> bool:
        return any(each.state in BLOCKING for each in self.by_id.values() if each.payment_id == payment_id)

    def ledger(self, dispute: Dispute) -> LedgerDispute:
        state = STATES[dispute.state]
        order = self._payments.orders[self._payments.get(dispute.payment_id).order_id]
        phase = "inquiry" if dispute.state.startswith("INQUIRY") else "chargeback"
        money = "debited" if state == "lost" else "none"
        return LedgerDispute(dispute.id, order.reference_id, dispute.amount, phase, state, money)

    def _by_amount(self, payment: Payment) -> None:
        if 0 <= (number := payment.amount - FIRST_AMOUNT) < len(REASONS):
            self.open(payment, payment.amount, "chargeback", REASONS[number], RESPOND_SECONDS)

    def _end_unanswered(self, dispute: Dispute) -> None:
        if dispute.state == CHARGEBACK:
            self._move(dispute, "LOST")

    def _move(self, dispute: Dispute, state: str) -> None:
        dispute.state, dispute.updated_at, dispute.version = state, self._timers.now(), dispute.version + 1
        self._tell(dispute, "dispute.state.updated")

    def _tell(self, dispute: Dispute, event: str) -> None:
        self._shared.tell("dispute", dispute.id, [(event, dispute_view(dispute))])
