"""Disputes: inquiries and chargebacks, evidence, decisions, appeals, and the movements of the money."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.gateway import ClosedError, LedgerDispute, NotOfferedError
from gateway_simulators.kit.timers import Timers
from gateway_simulators.stripe.errors import invalid, no_such
from gateway_simulators.stripe.events import Events
from gateway_simulators.stripe.ids import Ids
from gateway_simulators.stripe.instruments import Instrument
from gateway_simulators.stripe.intents import Intents, about
from gateway_simulators.stripe.records import Charge, Dispute, Intent
from gateway_simulators.stripe.settings import Settings
from gateway_simulators.stripe.views import dispute_view

STATES = {
    "warning_needs_response": "open",
    "warning_under_review": "under_review",
    "warning_closed": "closed",
    "needs_response": "open",
    "under_review": "under_review",
    "appeal_needs_response": "open",
    "appeal_under_review": "under_review",
    "won": "won",
    "lost": "lost",
    "prevented": "closed",
}
REVIEWED = {
    "warning_needs_response": "warning_under_review",
    "needs_response": "under_review",
    "appeal_needs_response": "appeal_under_review",
}
VERDICTS = {"winning_evidence": "win", "losing_evidence": "lose", "escalate_inquiry_evidence": "reopen"}


class Disputes:
    def __init__(self, timers: Timers, ids: Ids, settings: Settings, events: Events, intents: Intents) -> None:
        self._timers, self._ids, self._settings = timers, ids, settings
        self._events, self._intents = events, intents
        self.by_id: dict[str, Dispute] = {}
        intents.on_captured = self._by_instrument

    # Calls of the merchant's server.

    def get(self, dispute_id: str) -> Dispute:
        if dispute_id not in self.by_id:
            raise no_such("dispute", dispute_id, "id")
        return self.by_id[dispute_id]

    def close(self, dispute: Dispute) -> None:
        """*Assumed*: only a dispute that waits for an answer or a decision can be accepted; an inquiry cannot."""
        if dispute.is_inquiry or STATES[dispute.status] not in ("open", "under_review"):
            raise invalid(f"This dispute cannot be closed because it has a status of {dispute.status}.")
        self._end(dispute, "lost")

    def update(self, dispute: Dispute, given: dict[str, Any]) -> None:
        dispute.metadata = {k: v for k, v in (dispute.metadata | given.get("metadata", {})).items() if v}
        evidence = given.get("evidence", {})
        if evidence and dispute.status not in REVIEWED:
            raise invalid(f"Evidence cannot be submitted for a dispute with a status of {dispute.status}.")
        dispute.evidence |= evidence
        if evidence and given.get("submit", True):
            dispute.submissions += 1
            dispute.status = REVIEWED[dispute.status]
            if verdict := VERDICTS.get(evidence.get("uncategorized_text", "")):
                self._timers.after(self._settings.dispute_seconds, lambda: self._decide(dispute, verdict))
        self._tell("updated", dispute)

    # Acts of the payer, the payer's bank and the card networks.

    def open(self, intent: Intent, amount: int, phase: str, reason: str, respond_in_s: float) -> Dispute:
        charge = self._intents.charges.get(intent.latest_charge)
        if phase not in ("inquiry", "chargeback"):
            raise NotOfferedError("a dispute at Stripe cannot begin in this phase: reopen a lost dispute")
        if charge is None or not 0 < amount <= charge.amount_captured:
            raise ClosedError(f"{intent.id} has not captured {amount}")
        now = self._timers.now()
        dispute = Dispute(
            self._ids.new("du"), intent.id, charge.id, amount, charge.currency, now, now + respond_in_s,
            reason or "fraudulent", "warning_needs_response",
        )  # fmt: skip
        self.by_id[dispute.id] = dispute
        if phase == "chargeback":
            dispute.status, charge.is_disputed = "needs_response", True
        self._tell("created", dispute)
        if phase == "chargeback":
            self._withdraw(dispute)
        self._timers.at(dispute.due_by, lambda: self._end_unanswered(dispute))
        return dispute

    def act(self, dispute: Dispute, act: str) -> None:
        if act == "reopen":
            return self._reopen(dispute)
        if STATES[dispute.status] not in ("open", "under_review"):
            raise ClosedError(f"dispute {dispute.id} is {dispute.status}")
        if dispute.is_inquiry:
            if act == "lose":
                raise ClosedError("an inquiry can only be closed, or reopened as a chargeback")
            return self._end(dispute, "warning_closed")
        # *Assumed*: a dispute that the cardholder withdraws is won.
        return self._end(dispute, "lost" if act == "lose" else "won")

    def answer_inquiries(self, charge: Charge) -> None:
        """Close the charge's inquiries after a full refund."""
        if self._intents.refunded(charge.id) < charge.amount_captured:
            return
        for dispute in self.by_id.values():
            if dispute.charge == charge.id and dispute.status in ("warning_needs_response", "warning_under_review"):
                self._end(dispute, "warning_closed")

    def blocks_refunds(self, charge_id: str) -> bool:
        return any(dispute.blocks_refunds for dispute in self.by_id.values() if dispute.charge == charge_id)

    def ledger(self, order: str, dispute: Dispute) -> LedgerDispute:
        phase = "inquiry" if dispute.is_inquiry else "pre_arbitration" if dispute.is_appealed else "chargeback"
        money = ("none", "debited", "returned")[len(dispute.moves)]
        return LedgerDispute(dispute.id, order, dispute.amount, phase, STATES[dispute.status], money)

    def _by_instrument(self, intent: Intent, charge: Charge, instrument: Instrument) -> None:
        if instrument.dispute:
            phase = "inquiry" if instrument.dispute == "inquiry" else "chargeback"
            reason = "" if phase == "inquiry" else instrument.dispute
            self.open(intent, charge.amount_captured, phase, reason, self._settings.respond_seconds)

    def _decide(self, dispute: Dispute, verdict: str) -> None:
        if STATES[dispute.status] == "under_review":
            self.act(dispute, verdict)

    def _end_unanswered(self, dispute: Dispute) -> None:
        if dispute.status == "needs_response":
            self._end(dispute, "lost")

    def _reopen(self, dispute: Dispute) -> None:
        """An inquiry becomes a chargeback; a lost dispute is appealed."""
        if dispute.is_inquiry:
            dispute.status, self._intents.charges[dispute.charge].is_disputed = "needs_response", True
            self._tell("updated", dispute)
            return self._withdraw(dispute)
        if dispute.status != "lost" or dispute.is_appealed:
            raise ClosedError(f"dispute {dispute.id} is {dispute.status}")
        dispute.status, dispute.is_appealed = "appeal_needs_response", True
        return self._tell("updated", dispute)

    def _end(self, dispute: Dispute, status: str) -> None:
        dispute.status = status
        self._tell("closed", dispute)
        if status == "won":
            self._move(dispute, dispute.amount, 0)
            self._tell("funds_reinstated", dispute)

    def _withdraw(self, dispute: Dispute) -> None:
        self._move(dispute, -dispute.amount, self._settings.dispute_fee)
        self._tell("funds_withdrawn", dispute)

    def _move(self, dispute: Dispute, amount: int, fee: int) -> None:
        now = int(self._timers.now())
        dispute.moves.append({
            "id": self._ids.new("txn"), "object": "balance_transaction", "amount": amount, "available_on": now,
            "balance_type": "payments", "created": now, "currency": dispute.currency, "description": None,
            "exchange_rate": None, "fee": fee, "fee_details": [], "net": amount - fee,
            "reporting_category": "dispute" if amount < 0 else "dispute_reversal", "source": dispute.id,
            "status": "available", "type": "adjustment",
        })  # fmt: skip

    def _tell(self, what: str, dispute: Dispute) -> None:
        name = about(self._intents.by_id[dispute.intent])
        self._events.tell("dispute", f"charge.dispute.{what}", name, dispute_view(dispute))
