"""Razorpay in memory. No I/O and no threads: clock and random source are injected."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

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
from gateway_simulators.kit.outbox import Webhook
from gateway_simulators.razorpay.disputes import CONTROLS_PHASE, Disputes
from gateway_simulators.razorpay.errors import REFUSALS
from gateway_simulators.razorpay.ids import Ids
from gateway_simulators.razorpay.orders import Orders
from gateway_simulators.razorpay.records import CREATED, FAILED, PENDING, Order, Refund, WebhookEvent
from gateway_simulators.razorpay.refunds import Refunds
from gateway_simulators.razorpay.settings import Settings
from gateway_simulators.razorpay.views import fee_of
from gateway_simulators.razorpay.webhooks import to_webhook

SERVED = tuple(op for op in OPS if op not in ("token", "cancel"))  # Razorpay has no tokens and cannot cancel.
OPS_BY_FAULT: dict[str, tuple[str, ...]] = dict.fromkeys(ON_THE_WIRE, SERVED) | {
    "no_webhook": ("pay", "refund", "dispute"),
    "duplicate_webhook": ("pay", "refund", "dispute"),
    "late_webhook": ("pay", "refund", "dispute"),
    "webhook_first": ("pay", "refund"),
    "late_success": ("pay",),
    "double_pay": ("pay",),
    "wrong_amount": ("pay", "status", "refund", "refund_status"),
}


class RazorpayModel(GatewayModel):
    refusals = REFUSALS

    def __init__(self, clock: Callable[[], float], rng: random.Random, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        super().__init__(clock, OPS_BY_FAULT, self.settings.late_webhook_seconds)
        self._ids = ids = Ids(rng)
        self.orders = Orders(self.timers, ids, self.settings, self.faults, self._tell)
        self.refunds = Refunds(self.orders, self.timers, ids, self.settings, self.faults, self._tell)
        self.refunds.balance = self.balance
        self.disputes = Disputes(self.timers, ids, self._tell)

    def ledger_orders(self) -> list[LedgerOrder]:
        return [self._order_entry(order) for order in self.orders.by_id.values()]

    def ledger_captures(self) -> list[LedgerCapture]:
        return list(self.orders.captures)

    def ledger_refunds(self) -> list[LedgerRefund]:
        """Without the refunds of lapsed authorizations, which had not been captured."""
        return [self._refund_entry(refund) for refund in self.refunds.by_id.values() if refund.made_by != "lapse"]

    def ledger_disputes(self) -> list[LedgerDispute]:
        return [
            LedgerDispute(d.id, d.payment.order.merchant_id, d.amount, CONTROLS_PHASE[d.phase], d.status, d.money)
            for d in self.disputes.by_id.values()
        ]

    def balance(self) -> int | None:
        """The merchant's balance in minor units; None: enough for every refund. The simulator settles nothing to a
        bank.
        """
        if self.settings.opening_balance is None:
            return None
        took = (payment for payment in self.orders.payments.values() if payment.was_captured)
        income = sum(payment.due - (0 if payment.payer_fee else fee_of(payment.due)[0]) for payment in took)
        back = sum(refund.amount for refund in self.ledger_refunds() if refund.state not in ("failed", "returned"))
        deducted = sum(dispute.amount for dispute in self.disputes.by_id.values() if dispute.money == "debited")
        return self.settings.opening_balance + income - back - deducted

    def act(self, order_id: str, act: str) -> None:
        order, orders = self.orders.of_merchant(order_id), self.orders
        acts: dict[str, Callable[[Order], object]] = {
            "pay": orders.pay,
            "decline": orders.decline,
            "fail_one_try": orders.fail,
            "wait": orders.wait,
            "abandon": orders.walk_away,
            "tell_again": orders.tell_again,
        }
        acts[act](order)

    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        refund = self.refunds.of_merchant(refund_id)
        (self.refunds.process if completes else self.refunds.fail)(refund)

    def refund_by_hand(self, order_id: str, amount: int) -> str:
        order = self.orders.of_merchant(order_id)
        if not order.captured:
            raise ClosedError(f"order {order_id} is not paid")
        return self.refunds.create_by_hand(order.captured[0], amount).id

    def end_pending(self, order_id: str, *, completes: bool) -> None:
        self.orders.end_pending(self.orders.of_merchant(order_id), completes=completes)

    def add_foreign(self, count: int, over_s: float) -> None:
        self.orders.add_foreign(count, over_s)

    def under_way(self) -> set[str]:
        begun = (each for each in self.orders.payments.values() if each.status == CREATED)
        return {each.order.merchant_id for each in begun if not each.order.captured}

    def return_refund(self, refund_id: str) -> None:
        self.refunds.come_back(self.refunds.of_merchant(refund_id))

    def open_dispute(self, order_id: str, amount: int, phase: str, reason: str, respond_in_s: float) -> str:
        return self.disputes.open(self.orders.of_merchant(order_id), amount, phase, reason, respond_in_s).id

    def end_dispute(self, ref: str, act: str) -> None:
        self.disputes.end(ref, act)

    def forget(self) -> None:
        self.orders.forget()
        self.refunds.forget()
        self.disputes.by_id.clear()

    def overtake(self, op: str, subject: str) -> bool:
        if op not in ("pay", "refund") or not self.faults.take(op, "webhook_first"):
            return False
        if op == "pay":
            self.orders.pay(self.orders.of_merchant(subject))
        else:
            self.refunds.process(self.refunds.of_merchant(subject))
        return True

    def _tell(self, op: str, happened: Sequence[WebhookEvent]) -> None:
        wanted = [webhook_event for webhook_event in happened if webhook_event.event in self.settings.webhook_events]
        if wanted:
            self.announce(op, *map(self._webhook, wanted))

    def _webhook(self, webhook_event: WebhookEvent) -> Callable[[float], Webhook]:
        # All copies have one event id.
        return partial(to_webhook, webhook_event, self._ids.characters(14), self.settings)

    def _order_entry(self, order: Order) -> LedgerOrder:
        captured = sum(payment.due for payment in order.captured)
        authorized = order.authorized.due if order.authorized else 0
        refunded = sum(self._refunded(payment.id) for payment in order.payments)
        return LedgerOrder(
            order.merchant_id, order.id, order.amount, order.currency, order.state, authorized, captured, refunded
        )

    def _refunded(self, payment_id: str) -> int:
        made = (refund for refund in self.refunds.by_id.values() if refund.payment.id == payment_id)
        return sum(refund.amount for refund in made if refund.status != FAILED and refund.made_by != "lapse")

    @staticmethod
    def _refund_entry(refund: Refund) -> LedgerRefund:
        failed = "returned" if refund.was_processed else "failed"
        state = {PENDING: "open", FAILED: failed}.get(refund.status, "completed")
        order = refund.payment.order.merchant_id
        return LedgerRefund(refund.merchant_id, refund.id, order, refund.amount, state, refund.made_by)
