"""Disputes: opened by the payer's bank, listed by status, accepted or contested, won or lost."""

from __future__ import annotations

from collections.abc import Mapping

from gateway_simulators.kit.gateway import ClosedError, UnknownError
from gateway_simulators.kit.timers import Timers
from gateway_simulators.phonepe.errors import bad_request, unknown_dispute
from gateway_simulators.phonepe.ids import Ids
from gateway_simulators.phonepe.orders import Announce, Orders
from gateway_simulators.phonepe.records import (
    ACTION_REQUIRED,
    COMPLETED,
    LOST,
    UNDER_REVIEW,
    WON,
    Dispute,
    Order,
    WebhookEvent,
)
from gateway_simulators.phonepe.views import dispute_view

USUAL_REASON = "GOODS_NOT_RECEIVED"  # Assumed: no document lists the codes.
MOST = 100
EVENT_BY_STATE = {
    ACTION_REQUIRED: "payment.dispute.action_required",
    UNDER_REVIEW: "payment.dispute.under_review",
    WON: "payment.dispute.won",
    LOST: "payment.dispute.lost",
}
_STATE_BY_ACT = {"win": WON, "lose": LOST, "withdraw": WON, "reopen": ACTION_REQUIRED}


class Disputes:
    def __init__(self, orders: Orders, timers: Timers, ids: Ids, announce: Announce) -> None:
        self._orders, self._timers, self._ids, self._announce = orders, timers, ids, announce
        self.by_id: dict[str, Dispute] = {}

    # Calls of the merchant's server.

    def get(self, dispute_id: str, merchant_id: str) -> Dispute:
        dispute = self.by_id.get(dispute_id)
        if dispute is None or dispute.order.merchant_id != merchant_id:
            raise unknown_dispute()
        return dispute

    def listed(self, args: Mapping[str, str], merchant_id: str) -> list[Dispute]:
        since, until = (_whole(args, name, None) / 1000 for name in ("from", "to"))
        offset, limit = _whole(args, "offset", 0), _whole(args, "limit", 10)
        if args.get("status") not in EVENT_BY_STATE:
            raise bad_request(f"status must be one of {' '.join(EVENT_BY_STATE)}")
        if not 1 <= limit <= MOST:
            raise bad_request(f"limit must be 1 to {MOST}")
        mine = (dispute for dispute in self.by_id.values() if dispute.order.merchant_id == merchant_id)
        body = (dispute for dispute in mine if dispute.state == args["status"])
        return [dispute for dispute in body if since <= dispute.opened_at <= until][offset : offset + limit]

    def accept(self, dispute: Dispute) -> Dispute:
        return self._answered(dispute, LOST)

    def contest(self, dispute: Dispute) -> Dispute:
        return self._answered(dispute, UNDER_REVIEW)

    # Acts of the bank.

    def open(self, order: Order, amount: int, reason: str, respond_in_s: float) -> Dispute:
        if order.state != COMPLETED or amount > self._orders.captured(order.id):
            raise ClosedError(f"order {order.id} is {order.state}: the amount is more than can be disputed")
        now = self._timers.now()
        dispute = Dispute(self._ids.dispute(), order, amount, reason or USUAL_REASON, now, now + respond_in_s)
        self.by_id[dispute.id] = dispute
        self._timers.at(dispute.respond_by, lambda: self._lapse(dispute))
        self._tell("payment.dispute.created", dispute)
        return dispute

    def end(self, dispute_id: str, act: str) -> None:
        """Decide a dispute. PhonePe has no status for a withdrawn dispute: it is won. One under review may need an
        answer again.
        """
        dispute = self.known(dispute_id)
        may_be = (UNDER_REVIEW,) if act == "reopen" else (ACTION_REQUIRED, UNDER_REVIEW)
        if dispute.state not in may_be:
            raise ClosedError(f"dispute {dispute_id} is {dispute.state}")
        self._move(dispute, _STATE_BY_ACT[act])

    def known(self, dispute_id: str) -> Dispute:
        if dispute_id not in self.by_id:
            raise UnknownError(f"no dispute {dispute_id}")
        return self.by_id[dispute_id]

    def _answered(self, dispute: Dispute, state: str) -> Dispute:
        if dispute.state != ACTION_REQUIRED:
            raise bad_request(f"Dispute is {dispute.state}", "INVALID_DISPUTE_STATE")
        return self._move(dispute, state)

    def _lapse(self, dispute: Dispute) -> None:
        """Assumed: a dispute without an answer in time is lost."""
        if dispute.state == ACTION_REQUIRED:
            self._move(dispute, LOST)

    def _move(self, dispute: Dispute, state: str) -> Dispute:
        dispute.state = state
        self._tell(EVENT_BY_STATE[state], dispute)
        return dispute

    def _tell(self, event: str, dispute: Dispute) -> None:
        self._announce("dispute", WebhookEvent(event, dispute.id, dispute.order.merchant_id, dispute_view(dispute)))


def _whole(args: Mapping[str, str], name: str, otherwise: int | None) -> int:
    text = args.get(name, "")
    if not text and otherwise is not None:
        return otherwise
    if not text.isdigit():
        raise bad_request(f"{name} must be a whole number")
    return int(text)
