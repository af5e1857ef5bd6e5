"""Disputes of captured money: opened by a payer, answered by the merchant, decided by PayPal."""

from __future__ import annotations

from gateway_simulators.kit.gateway import ClosedError, UnknownError
from gateway_simulators.kit.timers import Timers
from gateway_simulators.paypal.dispute_views import dispute_view
from gateway_simulators.paypal.errors import plain, refusal
from gateway_simulators.paypal.orders import Ids, Orders, Tell
from gateway_simulators.paypal.records import CREDIT, DEBIT, PAID, Capture, Dispute, Order
from gateway_simulators.paypal.settings import Settings

STAGES = ("INQUIRY", "CHARGEBACK", "PRE_ARBITRATION", "ARBITRATION")
USUAL_REASON = "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"
RESOLVED = "RESOLVED"
_OUTCOMES = {"win": "RESOLVED_SELLER_FAVOUR", "lose": "RESOLVED_BUYER_FAVOUR", "withdraw": "CANCELED_BY_BUYER"}
LOST = _OUTCOMES["lose"]


class Disputes:
    def __init__(self, orders: Orders, timers: Timers, ids: Ids, settings: Settings, tell: Tell) -> None:
        self._orders, self._timers, self._ids, self._settings, self._tell = orders, timers, ids, settings, tell
        self.by_ref: dict[str, Dispute] = {}

    def get(self, ref: str) -> Dispute:
        if ref not in self.by_ref:
            raise plain(404)
        return self.by_ref[ref]

    def open(self, order: Order, minor: int, stage: str, reason: str, respond_in_s: float) -> Dispute:
        captured = [capture for capture in order.captures if capture.status in PAID]
        if not captured:
            raise ClosedError(f"order {order.id} has no captured money to dispute: capture it first")
        if minor > captured[-1].amount:
            raise ClosedError(f"order {order.id} was paid {captured[-1].amount}: no more can be disputed")
        now = self._timers.now()
        dispute = Dispute(
            f"PP-R-{self._ids.new(3)}-{self._ids.new(8)}", order.ref, captured[-1].ref, minor, stage,
            reason or USUAL_REASON, now, now, respond_in_s, now, "",
        )  # fmt: skip
        self.by_ref[dispute.ref] = dispute
        self._begin(dispute, stage)
        self._tell_of(dispute, "CREATED")
        return dispute

    def end(self, ref: str, act: str) -> None:
        """Decide a dispute: `act` is win, lose, withdraw or reopen. Raises UnknownError, ClosedError."""
        if ref not in self.by_ref:
            raise UnknownError(f"no dispute {ref}")
        dispute = self.by_ref[ref]
        if act == "reopen":
            return self._reopen(dispute)
        if dispute.is_over:
            raise ClosedError(f"dispute {ref} has ended as {dispute.outcome}: reopen it first")
        return self._resolve(dispute, _OUTCOMES[act])

    def accept(self, ref: str) -> Dispute:
        """Accept a claim; other disputes cannot be accepted. Assumed: the issue of the error."""
        dispute = self.get(ref)
        if dispute.is_over or dispute.stage == "INQUIRY":
            raise refusal("ACTION_NOT_ALLOWED_IN_CURRENT_STATE")
        self._resolve(dispute, LOST)
        return dispute

    def order_of(self, dispute: Dispute) -> Order:
        return self._orders.by_ref[dispute.order_ref]

    def capture_of(self, dispute: Dispute) -> Capture:
        captures = self.order_of(dispute).captures
        return next(capture for capture in captures if capture.ref == dispute.capture_ref)

    def _reopen(self, dispute: Dispute) -> None:
        """The dispute goes on in the next stage, with as much time to answer as before."""
        if not dispute.is_over or dispute.stage == STAGES[-1]:
            raise ClosedError(f"dispute {dispute.ref} is {dispute.status} in {dispute.stage}: there is no next stage")
        if dispute.outcome == LOST:
            self.capture_of(dispute).lost -= dispute.amount
        self._begin(dispute, STAGES[STAGES.index(dispute.stage) + 1])
        self._tell_of(dispute, "UPDATED")

    def _begin(self, dispute: Dispute, stage: str) -> None:
        dispute.stage, dispute.outcome = stage, ""
        dispute.status = "OPEN" if stage == "INQUIRY" else "WAITING_FOR_SELLER_RESPONSE"
        dispute.updated_at = self._timers.now()
        dispute.respond_by = due_at = dispute.updated_at + dispute.respond_in_s
        self.capture_of(dispute).is_disputed = True
        if self._settings.takes_disputed_money_at_once and stage != "INQUIRY":
            self._move(dispute, DEBIT, dispute.amount - dispute.debited)
        self._timers.at(due_at, lambda: self._lapse(dispute, due_at))

    def _lapse(self, dispute: Dispute, due_at: float) -> None:
        """A merchant who does not answer in time loses."""
        if not dispute.is_over and dispute.respond_by == due_at:
            self._resolve(dispute, LOST)

    def _resolve(self, dispute: Dispute, outcome: str) -> None:
        dispute.status, dispute.outcome, dispute.updated_at = RESOLVED, outcome, self._timers.now()
        capture = self.capture_of(dispute)
        capture.is_disputed = False
        if outcome == LOST:
            capture.lost += dispute.amount
            self._move(dispute, DEBIT, dispute.amount - dispute.debited)
        else:
            self._move(dispute, CREDIT, dispute.debited)
        self._tell_of(dispute, RESOLVED)

    def _move(self, dispute: Dispute, kind: str, minor: int) -> None:
        if minor:
            dispute.movements.append((kind, minor, self._timers.now()))

    def _tell_of(self, dispute: Dispute, event_name: str) -> None:
        order = self.order_of(dispute)
        view = dispute_view(order, self.capture_of(dispute), dispute, self._settings)
        self._tell("dispute", f"CUSTOMER.DISPUTE.{event_name}", order, view)
