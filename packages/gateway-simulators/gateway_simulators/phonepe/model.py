"""PhonePe in memory. No I/O and no threads: clock and random source are injected."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gateway_simulators.kit.faults import ON_THE_WIRE
from gateway_simulators.kit.gateway import (
    ABOUT_WEBHOOKS,
    GatewayModel,
    LedgerCapture,
    LedgerDispute,
    LedgerOrder,
    LedgerRefund,
    NotOfferedError,
    UnknownError,
)
from gateway_simulators.phonepe.disputes import Disputes
from gateway_simulators.phonepe.errors import REFUSALS
from gateway_simulators.phonepe.ids import Ids
from gateway_simulators.phonepe.instruments import ORDER_EXPIRED
from gateway_simulators.phonepe.orders import Orders
from gateway_simulators.phonepe.records import (
    ACTION_REQUIRED,
    COMPLETED,
    FAILED,
    LOST,
    PENDING,
    UNDER_REVIEW,
    WON,
    Order,
    Refund,
    WebhookEvent,
)
from gateway_simulators.phonepe.refunds import Refunds
from gateway_simulators.phonepe.settings import Settings
from gateway_simulators.phonepe.tokens import Tokens
from gateway_simulators.phonepe.webhooks import to_webhook

OPS = ("token", "pay", "status", "refund", "refund_status", "dispute")
OPS_BY_FAULT: dict[str, tuple[str, ...]] = (
    dict.fromkeys(ON_THE_WIRE, OPS)
    | dict.fromkeys(ABOUT_WEBHOOKS, ("pay", "refund", "dispute"))
    | {"webhook_first": ("pay", "refund")}
    | {"late_success": ("pay",), "double_pay": ("pay",), "wrong_amount": ("pay", "status", "refund", "refund_status")}
)
_LEDGER_WORDS = {PENDING: "open", COMPLETED: "paid", FAILED: "failed"}
_LEDGER_REFUND_WORDS = {COMPLETED: "completed", FAILED: "failed"}
_LEDGER_DISPUTE_WORDS = {ACTION_REQUIRED: "open", UNDER_REVIEW: "under_review", WON: "won", LOST: "lost"}


class PhonePeModel(GatewayModel):
    refusals = REFUSALS

    def __init__(self, clock: Callable[[], float], rng: random.Random, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        super().__init__(clock, OPS_BY_FAULT, self.settings.late_webhook_seconds, self.settings.merchants)
        self._ids = ids = Ids(self.timers.now, rng, self.settings.id_suffixes)
        self.tokens = Tokens(self.timers.now, ids, self.settings)
        shared = (self.timers, ids, self.settings, self.faults, self._tell)
        self.orders = Orders(*shared)
        self.refunds = Refunds(self.orders, *shared)
        self.disputes = Disputes(self.orders, self.timers, ids, self._tell)

    def overtake(self, op: str, subject: str) -> bool:
        if op not in ("pay", "refund") or not self.faults.take(op, "webhook_first"):
            return False
        if op == "pay":
            self.orders.pay(self.orders.by_id[subject])
        else:
            self.refunds.complete(self.refunds.by_id[subject])
        return True

    def forget(self) -> None:
        for forgets in (self.orders.by_id, self.orders.captures, self.refunds.by_id, self.disputes.by_id):
            forgets.clear()
        self.tokens.issued = 0
        self._ids.start_again()

    # For the controls.

    def act(self, order_id: str, act: str) -> None:
        does: dict[str, Callable[[Order], None]] = {
            "pay": self.orders.pay,
            "decline": self.orders.decline,
            "fail_one_try": self.orders.fail_one_try,
            "wait": self.orders.wait,
            "abandon": self.orders.walk_away,
            "tell_again": self.orders.tell_again,
        }
        does[act](self.known_order(order_id))

    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        refund = self.known_refund(refund_id)
        (self.refunds.complete if completes else self.refunds.fail)(refund)

    def refund_by_hand(self, order_id: str, amount: int) -> str:
        return self.refunds.create_by_hand(self.known_order(order_id), amount).id

    def end_pending(self, order_id: str, *, completes: bool) -> None:
        self.orders.end_pending(self.known_order(order_id), completes=completes)

    def account_of(self, merchant_id: str) -> str:
        return next(name for name, merchant in self.settings.merchants.items() if merchant.id == merchant_id)

    def under_way(self) -> set[str]:
        return {order.id for order in self.orders.by_id.values() if order.is_open and order.pending_try}

    def return_refund(self, refund_id: str) -> None:
        self.refunds.come_back(self.known_refund(refund_id))

    def open_dispute(self, order_id: str, amount: int, phase: str, reason: str, respond_in_s: float) -> str:
        if phase != "chargeback":
            raise NotOfferedError("PhonePe's documents know no phases: each dispute is a chargeback")
        return self.disputes.open(self.known_order(order_id), amount, reason, respond_in_s).id

    def contest_dispute(self, ref: str) -> None:
        self.disputes.contest(self.disputes.known(ref))

    def end_dispute(self, ref: str, act: str) -> None:
        self.disputes.end(ref, act)

    def known_order(self, order_id: str) -> Order:
        if order_id not in self.orders.by_id:
            raise UnknownError(f"no order {order_id}")
        return self.orders.by_id[order_id]

    def known_refund(self, refund_id: str) -> Refund:
        if refund_id not in self.refunds.by_id:
            raise UnknownError(f"no refund {refund_id}")
        return self.refunds.by_id[refund_id]

    # The ledger, in the words that all simulators share and in PhonePe's own.

    def ledger_orders(self) -> list[LedgerOrder]:
        return [self._ledger_order(order) for order in self.orders.by_id.values()]

    def ledger_captures(self) -> list[LedgerCapture]:
        return [LedgerCapture(c.order, c.transaction_id, c.amount, c.at) for c in self.orders.captures]

    def ledger_refunds(self) -> list[LedgerRefund]:
        return [
            LedgerRefund(r.id, r.refund_id, r.order, r.amount, self._refund_state(r), r.made_by)
            for r in self.refunds.by_id.values()
        ]

    def ledger_disputes(self) -> list[LedgerDispute]:
        return [
            LedgerDispute(d.id, d.order.id, d.amount, "chargeback", _LEDGER_DISPUTE_WORDS[d.state], _money(d.state))
            for d in self.disputes.by_id.values()
        ]

    def ledger(self) -> dict[str, Any]:
        return {
            "orders": [self._order_entry(order) for order in self.orders.by_id.values()],
            "captures": [asdict(capture) for capture in self.orders.captures],
            "refunds": [
                asdict(refund) | {"calls": self._calls_of(refund.id)} for refund in self.refunds.by_id.values()
            ],
            "disputes": [asdict(dispute) for dispute in self.ledger_disputes()],
            "calls": {op: sum(n for (name, _), n in self.calls.items() if name == op) for op in OPS},
        }

    @staticmethod
    def _refund_state(refund: Refund) -> str:
        is_returned = refund.state == FAILED and refund.was_completed
        return "returned" if is_returned else _LEDGER_REFUND_WORDS.get(refund.state, "open")

    def _ledger_order(self, order: Order) -> LedgerOrder:
        state = "expired" if order.failure == ORDER_EXPIRED else _LEDGER_WORDS[order.state]
        captured, refunded = self.orders.captured(order.id), self.refunds.refunded(order.id)
        return LedgerOrder(
            order.id,
            order.order_id,
            order.amount,
            "INR",
            state,
            0,
            captured,
            refunded,
            self.account_of(order.merchant_id),
        )

    def _order_entry(self, order: Order) -> dict[str, Any]:
        captured, refunded = self.orders.captured(order.id), self.refunds.refunded(order.id)
        return asdict(order) | {"captured": captured, "refunded": refunded, "calls": self._calls_of(order.id)}

    def _tell(self, op: str, event: WebhookEvent) -> None:
        self.announce(op, lambda due_at: to_webhook(event, self.settings, due_at))


def _money(dispute_state: str) -> str:
    """Assumed: the amount is withheld from the merchant once the dispute is lost."""
    return "debited" if dispute_state == LOST else "none"
