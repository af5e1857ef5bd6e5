"""Disputes: opened by the payer's bank, deducted at once, accepted or contested, won, lost or closed."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.gateway import ClosedError, UnknownError
from gateway_simulators.kit.timers import Timers
from gateway_simulators.razorpay.checks import only
from gateway_simulators.razorpay.errors import TOO_LATE, bad_request, no_such_id, not_an_id
from gateway_simulators.razorpay.ids import Ids, is_shaped
from gateway_simulators.razorpay.orders import Announce
from gateway_simulators.razorpay.records import CLOSED, LOST, OPEN, UNDER_REVIEW, WON, Dispute, Order, WebhookEvent
from gateway_simulators.razorpay.views import dispute_view, payment_view

PHASE = {  # By the phase of the controls.
    "inquiry": "retrieval",
    "chargeback": "chargeback",
    "pre_arbitration": "pre_arbitration",
    "arbitration": "arbitration",
}
CONTROLS_PHASE = {theirs: ours for ours, theirs in PHASE.items()} | {"fraud": "inquiry"}
USUAL_REASON = "chargeback"
_NEXT_PHASE = {"retrieval": "chargeback", "chargeback": "pre_arbitration", "pre_arbitration": "arbitration"}
_STATUS_BY_ACT = {"win": WON, "lose": LOST, "withdraw": CLOSED}
_REPRESENTED_IN_SECONDS = 3 * 86_400.0


class Disputes:
    def __init__(self, timers: Timers, ids: Ids, announce: Announce) -> None:
        self._timers, self._ids, self._announce = timers, ids, announce
        self.by_id: dict[str, Dispute] = {}

    # Calls of the merchant's server.

    def get(self, dispute_id: str) -> Dispute:
        if not is_shaped("disp", dispute_id):
            raise not_an_id(dispute_id)
        if dispute_id not in self.by_id:
            raise no_such_id()
        return self.by_id[dispute_id]

    def accept(self, dispute: Dispute, body: dict[str, Any]) -> Dispute:
        only(body, ())
        self._require_answerable(dispute)
        return self._move(dispute, LOST)

    def contest(self, dispute: Dispute, body: dict[str, Any]) -> Dispute:
        """Contest. `action` "draft" leaves the dispute open; the simulator does not judge the evidence."""
        self._require_answerable(dispute)
        return self._move(dispute, UNDER_REVIEW) if body.get("action") == "submit" else dispute

    # Acts of the bank.

    def open(self, order: Order, amount: int, phase: str, reason: str, respond_in_s: float) -> Dispute:
        if not order.captured or amount > order.captured[0].due:
            raise ClosedError(f"order {order.id} is {order.state}: the amount is more than can be disputed")
        now = self._timers.now()
        ref, payment = self._ids.new("disp"), order.captured[0]
        made = Dispute(ref, payment, amount, PHASE[phase], reason or USUAL_REASON, now, now + respond_in_s)
        self.by_id[ref] = made
        self._tell("payment.dispute.created", made)
        self._watch(made)
        return made

    def end(self, dispute_id: str, act: str) -> None:
        dispute = self.known(dispute_id)
        if act == "reopen":
            self._reopen(dispute)
        elif not dispute.is_open:
            raise ClosedError(f"dispute {dispute_id} is {dispute.status}")
        else:
            self._move(dispute, _STATUS_BY_ACT[act])

    def known(self, dispute_id: str) -> Dispute:
        if dispute_id not in self.by_id:
            raise UnknownError(f"no dispute {dispute_id}")
        return self.by_id[dispute_id]

    def _reopen(self, dispute: Dispute) -> None:
        """The evidence was not enough, or a won dispute goes on in the next phase (assumed: under the same id)."""
        if dispute.status == WON and dispute.phase in _NEXT_PHASE:
            dispute.phase = _NEXT_PHASE[dispute.phase]
        elif dispute.status != UNDER_REVIEW:
            raise ClosedError(f"dispute {dispute.id} is {dispute.status} in {dispute.phase}")
        dispute.status, dispute.respond_by = OPEN, self._timers.now() + _REPRESENTED_IN_SECONDS
        self._tell("payment.dispute.action_required", dispute)
        self._watch(dispute)

    def _watch(self, dispute: Dispute) -> None:
        self._timers.at(dispute.respond_by, lambda: self._lapse(dispute))

    def _lapse(self, dispute: Dispute) -> None:
        """Assumed: a dispute without an answer in time is lost, and an inquiry is closed."""
        if dispute.status == OPEN and self._timers.now() >= dispute.respond_by:
            self._move(dispute, CLOSED if dispute.is_inquiry else LOST)

    def _require_answerable(self, dispute: Dispute) -> None:
        if dispute.status != OPEN:
            raise bad_request(f"Action not allowed when dispute is in {dispute.status} status.")
        if self._timers.now() > dispute.respond_by:
            raise bad_request(TOO_LATE)

    def _move(self, dispute: Dispute, status: str) -> Dispute:
        dispute.status = status
        self._tell(f"payment.dispute.{status}", dispute)
        return dispute

    def _tell(self, event: str, dispute: Dispute) -> None:
        reported = {"payment": payment_view(dispute.payment), "dispute": dispute_view(dispute)}
        self._announce("dispute", [WebhookEvent(event, dispute.id, reported, self._timers.now())])
