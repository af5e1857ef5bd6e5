"""Square in memory. No I/O and no threads: clock and random source are injected."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from gateway_simulators.kit.faults import ON_THE_WIRE
from gateway_simulators.kit.gateway import (
    ClosedError,
    GatewayModel,
    LedgerCapture,
    LedgerDispute,
    LedgerOrder,
    LedgerRefund,
    UnknownError,
    times_of,
)
from gateway_simulators.square.disputes import Disputes
from gateway_simulators.square.errors import REFUSALS
from gateway_simulators.square.ids import Ids
from gateway_simulators.square.keys import Keys
from gateway_simulators.square.links import Links
from gateway_simulators.square.payments import Payments, Shared
from gateway_simulators.square.records import (
    APPROVED,
    CANCELED,
    COMPLETED,
    FAILED,
    OPEN,
    PENDING,
    Order,
    Payment,
    Refund,
)
from gateway_simulators.square.refunds import Refunds
from gateway_simulators.square.settings import Settings
from gateway_simulators.square.sources import Source
from gateway_simulators.square.webhooks import to_body, to_webhook

OPS = ("pay", "status", "capture", "cancel", "refund", "refund_status", "dispute")
WITH_WEBHOOKS = ("pay", "refund", "dispute")
OPS_BY_FAULT: dict[str, tuple[str, ...]] = dict.fromkeys(ON_THE_WIRE, OPS) | {
    "no_webhook": WITH_WEBHOOKS,
    "duplicate_webhook": WITH_WEBHOOKS,
    "late_webhook": WITH_WEBHOOKS,
    "webhook_first": ("pay", "refund"),
    "late_success": ("pay",),
    "double_pay": ("pay",),
    "split_tender": ("pay",),  # At a link: a gift card pays a part and a card the rest.
    "wrong_amount": ("pay", "status", "refund", "refund_status"),
}
_REFUND_STATE = {PENDING: "open", COMPLETED: "completed"}
_BY_STATUS = ((COMPLETED, "paid"), (APPROVED, "authorized"), (PENDING, "open"))
DECLINED = Source(decline="GENERIC_DECLINE", last_4="0002")


class SquareModel(GatewayModel):
    refusals = REFUSALS

    def __init__(self, clock: Callable[[], float], rng: random.Random, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        super().__init__(clock, OPS_BY_FAULT, self.settings.late_webhook_seconds)
        self._ids, self.keys = Ids(rng), Keys()
        shared = Shared(self.timers, self._ids, self.settings, self.faults, self._tell, self.keys)
        self.payments = Payments(shared)
        self.links = Links(self.payments, shared)
        self.refunds = Refunds(self.payments, shared)
        self.disputes = Disputes(self.payments, shared)
        self.refunds.is_blocked = self.disputes.blocks_refunds

    def ledger_orders(self) -> list[LedgerOrder]:
        return [self._entry(order) for order in self.payments.orders.values()]

    def ledger_captures(self) -> list[LedgerCapture]:
        return list(self.payments.captures)

    def ledger_refunds(self) -> list[LedgerRefund]:
        return [
            LedgerRefund(
                id=refund.key,
                ref=refund.id,
                order=self.payments.orders[self.payments.get(refund.payment_id).order_id].reference_id,
                amount=refund.amount,
                state=_state(refund),
                made_by=refund.made_by,
            )
            for refund in self.refunds.by_id.values()
        ]

    def act(self, order_id: str, act: str) -> None:
        order = self.order(order_id)
        if act == "tell_again":
            return self._tell_again(order)
        if order.id not in self.links.by_order:
            return self._act_on_transfer(order, act)
        match act:
            case "pay":
                self.links.pay(order, Source())
            case "decline" | "fail_one_try":  # The page stays open: the payer may try again.
                self.links.pay(order, DECLINED)
            case "wait":
                raise ClosedError("a checkout has no pending payments: charge bnon:bank-nonce-ok for a bank transfer")
            case _:
                self.links.walk_away(order)
        return None

    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        self.refunds.end(self._refund(refund_id), COMPLETED if completes else FAILED)

    def return_refund(self, refund_id: str) -> None:
        self.refunds.come_back(self._refund(refund_id))

    def refund_by_hand(self, order_id: str, amount: int) -> str:
        return self.refunds.create_by_hand(self._captured(order_id), amount).id

    def end_pending(self, order_id: str, *, completes: bool) -> None:
        waiting = self.payments_of(self.order(order_id), PENDING)
        if not waiting:
            raise ClosedError(f"nothing of order {order_id} is pending")
        self.payments.end_transfer(waiting[0], "" if completes else "INSUFFICIENT_FUNDS")

    def add_foreign(self, count: int, over_s: float) -> None:
        """Add payments at the web shop's location, made by another system."""
        place, others = self.settings.location_id, self.payments.foreign
        for at in times_of(self.timers.now(), count, over_s):
            ref, currency = f"other{len(others)}", self.settings.currency
            paid = Payment(ref, f"order-{ref}", place, Source(), 2_500, currency, at, at, "v1", key=ref)
            paid.status, paid.reference_id, paid.ended_at = COMPLETED, f"till-{ref}", at
            others.append(paid)

    def under_way(self) -> set[str]:
        begun = (each for each in self.payments.by_id.values() if each.status == PENDING)
        return {self.payments.orders[each.order_id].reference_id for each in begun}

    def open_dispute(self, order_id: str, amount: int, phase: str, reason: str, respond_in_s: float) -> str:
        return self.disputes.open(self._captured(order_id), amount, phase, reason, respond_in_s).id

    def contest_dispute(self, ref: str) -> None:
        self.disputes.submit(ref)

    def end_dispute(self, ref: str, act: str) -> None:
        if ref not in self.disputes.by_id:
            raise UnknownError(f"no dispute {ref}")
        self.disputes.act(self.disputes.by_id[ref], act)

    def ledger_disputes(self) -> list[LedgerDispute]:
        return [self.disputes.ledger(each) for each in self.disputes.by_id.values()]

    def forget(self) -> None:
        for forgets in (self.payments, self.links, self.refunds, self.disputes, self.keys):
            forgets.clear()

    def overtake(self, op: str, subject: str) -> bool:
        if op not in ("pay", "refund") or not self.faults.take(op, "webhook_first"):
            return False
        refund = self.refunds.find(subject)
        if op == "refund" and refund and refund.status == PENDING:
            self.refunds.end(refund, COMPLETED)
        elif op == "pay" and self.order(subject).id in self.links.by_order:
            self.links.pay(self.order(subject), Source())
        return True

    def order(self, order_id: str) -> Order:
        """The newest order with this id of the merchant's. Raises UnknownError."""
        for order in reversed(self.payments.orders.values()):
            if order_id in (order.reference_id, order.id):
                return order
        raise UnknownError(f"no order {order_id}")

    def _refund(self, refund_id: str) -> Refund:
        refund = self.refunds.find(refund_id)
        if refund is None:
            raise UnknownError(f"no refund {refund_id}")
        return refund

    def _captured(self, order_id: str) -> Payment:
        completed = self.payments_of(self.order(order_id), COMPLETED)
        if not completed:
            raise ClosedError(f"order {order_id} is not paid")
        return completed[0]

    def payments_of(self, order: Order, *statuses: str) -> list[Payment]:
        of_order = (payment for payment in self.payments.by_id.values() if payment.order_id == order.id)
        return [payment for payment in of_order if not statuses or payment.status in statuses]

    def state_of(self, order: Order) -> str:
        made = self.payments_of(order)
        for status, state in _BY_STATUS:
            if any(payment.status == status for payment in made):
                return state
        if order.state == CANCELED or any(payment.status == CANCELED for payment in made):
            return "cancelled"
        return "failed" if order.state == OPEN and made else "open"

    def _entry(self, order: Order) -> LedgerOrder:
        completed = self.payments_of(order, COMPLETED)
        return LedgerOrder(
            id=order.reference_id,
            ref=order.id,
            amount=order.amount,
            currency=order.currency,
            state=self.state_of(order),
            authorized=sum(payment.amount for payment in self.payments_of(order, APPROVED)),
            captured=sum(payment.amount for payment in completed),
            refunded=sum(self.refunds.refunded(payment.id) for payment in completed),
        )

    def _act_on_transfer(self, order: Order, act: str) -> None:
        """A direct charge has its outcome at once, except a bank transfer."""
        waiting = self.payments_of(order, PENDING)
        if not waiting:
            raise ClosedError(f"order {order.reference_id} is {self.state_of(order)}")
        if act in ("pay", "decline", "fail_one_try"):
            self.payments.end_transfer(waiting[0], "" if act == "pay" else "BUYER_REFUSED_PAYMENT")

    def _tell_again(self, order: Order) -> None:
        made = self.payments_of(order)
        if not made:
            raise ClosedError(f"order {order.reference_id} has no payment: there is no webhook to send")
        self.payments.tell_again(made[-1])

    def _tell(self, op: str, about: str, webhook_event: list[tuple[str, dict[str, Any]]]) -> None:
        """Send webhooks of an event; all copies have one event id."""
        at = self.timers.now()
        made = [(event, to_body(event, self._ids.event(), shown, self.settings, at)) for event, shown in webhook_event]
        self.announce(op, *(partial(to_webhook, event, about, body, self.settings) for event, body in made))


def _state(refund: Refund) -> str:
    is_returned = refund.status == FAILED and refund.has_completed
    return "returned" if is_returned else _REFUND_STATE.get(refund.status, "failed")
