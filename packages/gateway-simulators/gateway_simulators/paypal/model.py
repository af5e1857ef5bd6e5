"""PayPal in memory. No I/O and no threads: clock and random source are injected."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from gateway_simulators.kit.faults import ON_THE_WIRE
from gateway_simulators.kit.gateway import (
    OPS,
    ClosedError,
    GatewayModel,
    LedgerCapture,
    LedgerDispute,
    LedgerOrder,
    LedgerRefund,
)
from gateway_simulators.paypal.disputes import LOST, Disputes
from gateway_simulators.paypal.errors import REFUSALS
from gateway_simulators.paypal.instruments import BUYER, DECLINED_BY_BANK, FORGIVEN, REVIEWED
from gateway_simulators.paypal.orders import Ids, Orders
from gateway_simulators.paypal.payments import Payments
from gateway_simulators.paypal.records import COMPLETED, CREATED, EXPIRED, PAID, PENDING, VOIDED, Dispute, Order, Refund
from gateway_simulators.paypal.replays import Replays
from gateway_simulators.paypal.settings import Settings
from gateway_simulators.paypal.tokens import Tokens
from gateway_simulators.paypal.views import order_view
from gateway_simulators.paypal.webhooks import to_body, to_webhook

_WITH_WEBHOOKS = ("pay", "capture", "cancel", "refund", "dispute")
OPS_BY_FAULT: dict[str, tuple[str, ...]] = dict.fromkeys(ON_THE_WIRE, OPS) | {
    "no_webhook": _WITH_WEBHOOKS,
    "duplicate_webhook": _WITH_WEBHOOKS,
    "late_webhook": _WITH_WEBHOOKS,
    "webhook_first": ("pay", "capture", "refund"),
    "late_success": ("pay",),
    "wrong_amount": ("pay", "status", "refund", "refund_status"),
}
_REFUND_STATE = {PENDING: "open", COMPLETED: "completed"}
_DISPUTE_STATE = {"RESOLVED_SELLER_FAVOUR": "won", LOST: "lost", "CANCELED_BY_BUYER": "closed"}


class PayPalModel(GatewayModel):
    refusals = REFUSALS

    def __init__(self, clock: Callable[[], float], rng: random.Random, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        super().__init__(clock, OPS_BY_FAULT, self.settings.late_webhook_seconds)
        self._ids = ids = Ids(rng)
        self.tokens = Tokens(self.timers.now, ids, self.settings)
        self.replays = Replays(self.timers.now, remembers_refusals=self.settings.remembers_refusals)
        self.orders = Orders(self.timers, ids, self.settings, self.faults, self._tell)
        self.payments = Payments(self.orders, self.timers, ids, self.settings, self.faults, self._tell)
        self.disputes = Disputes(self.orders, self.timers, ids, self.settings, self._tell)

    def ledger_orders(self) -> list[LedgerOrder]:
        return [self._ledger_order(order) for order in self.orders.by_ref.values()]

    def ledger_captures(self) -> list[LedgerCapture]:
        return list(self.orders.captured)

    def ledger_refunds(self) -> list[LedgerRefund]:
        return [
            LedgerRefund(
                refund.custom_id or refund.ref, refund.ref, order.id, refund.amount,
                _refund_state(refund), refund.made_by,
            )
            for order in self.orders.by_ref.values()
            for refund in order.refunds
        ]  # fmt: skip

    def act(self, order_id: str, act: str) -> None:
        """The payer only approves. The merchant's next call captures, and only then the test buyer's outcome shows."""
        order = self.orders.find(order_id)
        match act:
            case "pay":
                self.orders.approve(order, BUYER)
            case "decline":
                self.orders.approve(order, BUYER, DECLINED_BY_BANK)
            case "fail_one_try":
                self.orders.approve(order, BUYER, FORGIVEN)
            case "wait":
                self.orders.approve(order, BUYER, REVIEWED)
            case "tell_again":
                self.orders.tell_again(order)
            case "abandon":
                self.orders.require_open(order)
            case _:
                raise ClosedError(f"PayPal's page has no act {act}")

    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        self.payments.end_refund(refund_id, completes=completes)

    def refund_by_hand(self, order_id: str, amount: int) -> str:
        return self.payments.refund_by_hand(self.orders.find(order_id), amount).ref

    def end_pending(self, order_id: str, *, completes: bool) -> None:
        self.orders.end_pending(self.orders.find(order_id), completes=completes)

    def under_way(self) -> set[str]:
        orders = (order for order in self.orders.by_ref.values() if not order.captured)
        words = (
            (order.id, {each.status for each in order.holds} | {c.status for c in order.captures}) for order in orders
        )
        return {order_id for order_id, found in words if PENDING in found}

    def void_by_hand(self, order_id: str) -> None:
        self.orders.void_by_hand(self.orders.find(order_id))

    def return_refund(self, refund_id: str) -> None:
        self.payments.return_refund(refund_id)

    def reverse(self, order_id: str, amount: int) -> str:
        return self.payments.reverse(self.orders.find(order_id), amount).ref

    def open_dispute(self, order_id: str, amount: int, phase: str, reason: str, respond_in_s: float) -> str:
        order = self.orders.find(order_id)
        return self.disputes.open(order, amount, phase.upper(), reason, respond_in_s).ref

    def end_dispute(self, ref: str, act: str) -> None:
        self.disputes.end(ref, act)

    def ledger_disputes(self) -> list[LedgerDispute]:
        return [self._ledger_dispute(dispute) for dispute in self.disputes.by_ref.values()]

    def overtake(self, op: str, subject: str) -> bool:
        if op not in ("pay", "capture", "refund") or not self.faults.take(op, "webhook_first"):
            return False
        if op == "pay":
            self.act(subject, "pay")
        return True

    def shown(self, order: Order) -> dict[str, Any]:
        shift = self.amount_shown("status", order.amount) - order.amount
        return order_view(order, self.settings, shift)

    def forget(self) -> None:
        for records in (self.orders.by_ref, self.orders.captures, self.orders.holds, self.payments.refunds):
            records.clear()
        self.disputes.by_ref.clear()
        self.orders.captured.clear()
        self.replays.forget()

    def _tell(self, op: str, event: str, order: Order, resource: dict[str, object]) -> None:
        body = to_body(f"WH-{self._ids.new()}-{self._ids.new()}", event, resource, self.timers.now())
        about = str(resource.get("custom_id") or order.id)
        self.announce(op, lambda due: to_webhook(about, event, body, self._ids.secret(32), due, self.settings))

    def _ledger_order(self, order: Order) -> LedgerOrder:
        authorized = sum(authorization.amount for authorization in order.holds if authorization.status == CREATED)
        refunded = sum(refund.amount for refund in order.refunds if refund.status == COMPLETED)
        state = _state(order, authorized)
        return LedgerOrder(
            order.id, order.ref, order.amount, order.currency, state, authorized, order.captured, refunded
        )

    def _ledger_dispute(self, dispute: Dispute) -> LedgerDispute:
        money = "debited" if dispute.debited else "returned" if dispute.movements else "none"
        state = _DISPUTE_STATE.get(dispute.outcome, "open")
        order = self.disputes.order_of(dispute)
        return LedgerDispute(dispute.ref, order.id, dispute.amount, dispute.stage.lower(), state, money)


def _refund_state(refund: Refund) -> str:
    return "returned" if refund.came_back else _REFUND_STATE.get(refund.status, "failed")


def _state(order: Order, authorized: int) -> str:
    if any(capture.status in PAID for capture in order.captures):
        return "paid"
    if authorized:
        return "authorized"
    if order.status == EXPIRED:
        return "expired"
    if any(authorization.status == VOIDED for authorization in order.holds):
        return "cancelled"
    is_pending = PENDING in [capture.status for capture in order.captures] + [
        authorization.status for authorization in order.holds
    ]
    return "open" if order.is_open or is_pending else "failed"
