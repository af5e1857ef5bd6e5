"""Stripe in memory. No I/O and no threads: clock and random source are injected."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from gateway_simulators.kit.faults import ON_THE_WIRE
from gateway_simulators.kit.gateway import (
    ClosedError,
    GatewayModel,
    GatewayRefusal,
    LedgerCapture,
    LedgerDispute,
    LedgerOrder,
    LedgerRefund,
    UnknownError,
)
from gateway_simulators.stripe import intents as _intents
from gateway_simulators.stripe import sessions as _sessions
from gateway_simulators.stripe.disputes import Disputes
from gateway_simulators.stripe.errors import REFUSALS
from gateway_simulators.stripe.events import Events
from gateway_simulators.stripe.foreign import Foreign
from gateway_simulators.stripe.ids import Ids
from gateway_simulators.stripe.intents import Intents
from gateway_simulators.stripe.keys import Keys
from gateway_simulators.stripe.methods import Methods
from gateway_simulators.stripe.records import Intent, Refund, Session
from gateway_simulators.stripe.refunds import Refunds
from gateway_simulators.stripe.sessions import Sessions
from gateway_simulators.stripe.settings import Settings
from gateway_simulators.stripe.views import customer_view, dispute_view, method_view, refund_view

WRITES = ("pay", "capture", "cancel", "refund", "dispute")
OPS = (*WRITES, "status", "refund_status")
WITH_WEBHOOKS = ("pay", "refund", "dispute")
OVERTAKEN = ("pay", "refund")
OPS_BY_FAULT: dict[str, tuple[str, ...]] = dict.fromkeys(ON_THE_WIRE, OPS) | {
    "no_webhook": WITH_WEBHOOKS,
    "duplicate_webhook": WITH_WEBHOOKS,
    "late_webhook": WITH_WEBHOOKS,
    "webhook_first": OVERTAKEN,
    "late_success": ("pay",),
    "wrong_amount": ("pay", "status", "refund", "refund_status"),
    "key_in_use": WRITES,
    "lock_timeout": WRITES,
    "low_balance": ("refund",),  # A refund waits until the balance covers it.
}
SUCCESS, DECLINE = "pm_card_visa", "pm_card_visa_chargeDeclined"
ORDER_STATE = {"requires_capture": "authorized", "succeeded": "paid", "canceled": "cancelled"}
REFUND_STATE = {"succeeded": "completed", "failed": "failed", "canceled": "failed"}


class StripeModel(GatewayModel):
    refusals = REFUSALS

    def __init__(self, clock: Callable[[], float], rng: random.Random, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        super().__init__(clock, OPS_BY_FAULT, self.settings.late_webhook_seconds)
        ids = Ids(rng)
        self.events = Events(self.timers, ids, self.settings, self.announce)
        self.methods = Methods(self.timers, ids)
        self.intents = Intents(self.timers, ids, self.settings, self.events, self.methods)
        shared = (self.timers, ids, self.settings, self.events, self.intents)
        self.sessions = Sessions(*shared, self.methods, self.faults)
        self.refunds = Refunds(*shared, self.faults)
        self.disputes = Disputes(*shared)
        self.refunds.is_blocked, self.refunds.on_refund = self.disputes.blocks_refunds, self.disputes.answer_inquiries
        self.keys = Keys(self.timers.now, self.settings.key_life_seconds)
        self.foreign = Foreign()

    def ledger_orders(self) -> list[LedgerOrder]:
        found: list[tuple[float, LedgerOrder]] = [
            (s.created, self._of_session(s)) for s in self.sessions.by_id.values()
        ]
        direct = [intent for intent in self.intents.by_id.values() if not intent.session]
        found += [(intent.created, self._of_intent(intent)) for intent in direct]
        return [order for _, order in sorted(found, key=lambda each: each[0])]

    def ledger_captures(self) -> list[LedgerCapture]:
        return [
            LedgerCapture(self._order_of(charge.intent), charge.intent, charge.amount_captured, charge.created)
            for charge in self.intents.captured
        ]

    def ledger_refunds(self) -> list[LedgerRefund]:
        return [
            LedgerRefund(
                refund.metadata.get("refund_id", ""), refund.id, self._order_of(refund.intent), refund.amount,
                _state(refund), refund.made_by,
            )
            for refund in self.refunds.by_id.values()
        ]  # fmt: skip

    def act(self, order_id: str, act: str) -> None:
        order = self._order(order_id)
        if act == "tell_again":
            if not self.events.tell_again(order_id):
                raise ClosedError(f"there is no webhook of {order_id} to send")
        elif isinstance(order, Session):
            self._act_on_session(order, act)
        else:
            self._act_on_intent(order, act)

    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        refund = self._refund(refund_id)
        if completes:
            self.refunds.succeed(refund)
        else:
            self.refunds.fail(refund, "pending")

    def return_refund(self, refund_id: str) -> None:
        self.refunds.fail(self._refund(refund_id), "succeeded")

    def refund_by_hand(self, order_id: str, amount: int) -> str:
        return self.refunds.create({"payment_intent": self._intent_of(order_id).id, "amount": amount}, "hand").id

    def end_pending(self, order_id: str, *, completes: bool) -> None:
        self.intents.end_debit(self._intent_of(order_id), "" if completes else "insufficient_funds")

    def add_foreign(self, count: int, over_s: float) -> None:
        self.foreign.add(self.timers.now(), count, over_s)

    def under_way(self) -> set[str]:
        return {self._order_of(each.id) for each in self.intents.by_id.values() if each.status == "processing"}

    def reverse(self, order_id: str, amount: int) -> str:
        """*Assumed*: a reversal is a refund that Stripe makes by itself."""
        given = {"payment_intent": self._intent_of(order_id).id, "amount": amount}
        try:
            return self.refunds.create(given, "reversal").id
        except GatewayRefusal as refusal:
            raise ClosedError(str(refusal)) from refusal

    def open_dispute(self, order_id: str, amount: int, phase: str, reason: str, respond_in_s: float) -> str:
        return self.disputes.open(self._intent_of(order_id), amount, phase, reason, respond_in_s).id

    def end_dispute(self, ref: str, act: str) -> None:
        if ref not in self.disputes.by_id:
            raise UnknownError(f"no dispute {ref}")
        self.disputes.act(self.disputes.by_id[ref], act)

    def ledger_disputes(self) -> list[LedgerDispute]:
        return [self.disputes.ledger(self._order_of(each.intent), each) for each in self.disputes.by_id.values()]

    def forget(self) -> None:
        for forgets in (self.sessions.by_id, self.intents.by_id, self.intents.charges, self.refunds.by_id):
            forgets.clear()
        self.intents.captured.clear()
        self.disputes.by_id.clear()
        self.methods.clear()
        self.events.clear()
        self.keys.clear()
        self.foreign.clear()

    def overtake(self, op: str, subject: str) -> bool:
        if op not in OVERTAKEN or not self.faults.take(op, "webhook_first"):
            return False
        if op == "refund":
            self._end_if_open(self._refund(subject))
        elif isinstance(order := self._order(subject), Session):
            self._act_on_session(order, "pay")
        return True

    def find(self, ref: str) -> dict[str, Any] | None:
        """The object of an id, as the API shows it."""
        if ref in self.intents.by_id:
            return self.intents.view(self.intents.by_id[ref])
        if ref in self.intents.charges:
            return self.intents.charge_view(self.intents.charges[ref])
        if ref in self.refunds.by_id:
            return refund_view(self.refunds.by_id[ref])
        if ref in self.disputes.by_id:
            return dispute_view(self.disputes.by_id[ref])
        if ref in self.methods.by_id:
            return method_view(self.methods.by_id[ref])
        return customer_view(self.methods.customers[ref]) if ref in self.methods.customers else None

    def _act_on_session(self, session: Session, act: str) -> None:
        if act == "pay":
            intent = self.sessions.intent(session)
            if intent and intent.status == "requires_action":
                return self.sessions.authenticate(session, passes=True)
            return self.sessions.pay(session, SUCCESS)
        self.sessions.require_open(session)
        if act in ("decline", "fail_one_try"):
            _declined(lambda: self.sessions.pay(session, DECLINE))
        elif act == "wait":
            self.sessions.wait(session)
        return None

    def _act_on_intent(self, intent: Intent, act: str) -> None:
        if intent.status == "processing" and act in ("pay", "decline"):
            return self.intents.end_debit(intent, "" if act == "pay" else "insufficient_funds")
        if intent.status not in ("requires_action", "requires_payment_method", "requires_confirmation"):
            raise ClosedError(f"{intent.id} is {intent.status}")
        if act == "wait":
            self.intents.wait(intent)
        elif act in ("pay", "decline", "fail_one_try"):
            if intent.status == "requires_action":
                _declined(lambda: self.intents.authenticate(intent, passes=act == "pay"))
            else:
                token = self.methods.of_card(SUCCESS if act == "pay" else DECLINE).id
                _declined(lambda: self.intents.attempt(intent, token))
        return None

    def _order(self, order_id: str) -> Session | Intent:
        """The newest order with this id of the merchant's."""
        for session in reversed(self.sessions.by_id.values()):
            if order_id in (_sessions.about(session), session.id):
                return session
        for intent in reversed(self.intents.by_id.values()):
            if order_id in (_intents.about(intent), intent.id):
                return intent
        raise UnknownError(f"no order {order_id}")

    def _intent_of(self, order_id: str) -> Intent:
        order = self._order(order_id)
        intent = self.sessions.intent(order) if isinstance(order, Session) else order
        if intent is None:
            raise ClosedError(f"nobody has paid {order_id}")
        return intent

    def _refund(self, refund_id: str) -> Refund:
        for refund in self.refunds.by_id.values():
            if refund_id in (refund.id, refund.metadata.get("refund_id")):
                return refund
        raise UnknownError(f"no refund {refund_id}")

    def _end_if_open(self, refund: Refund) -> None:
        if refund.status == "pending":
            self.refunds.succeed(refund)

    def _order_of(self, intent_id: str) -> str:
        intent = self.intents.by_id[intent_id]
        return _sessions.about(self.sessions.by_id[intent.session]) if intent.session else _intents.about(intent)

    def _of_session(self, session: Session) -> LedgerOrder:
        intent, state = self.sessions.intent(session), session.status
        if state == "complete" and intent:
            state = "failed" if _is_failed(intent) else ORDER_STATE.get(intent.status, "open")
        elif state == "expired" and session.is_expired_by_api:
            state = "cancelled"
        money = self._money(intent) if intent else (0, 0, 0)
        return LedgerOrder(
            _sessions.about(session), session.id, session.amount, session.currency.upper(), state, *money
        )

    def _of_intent(self, intent: Intent) -> LedgerOrder:
        state = "failed" if _is_failed(intent) else ORDER_STATE.get(intent.status, "open")
        if state == "cancelled" and intent.cancellation_reason == "expired":
            state = "expired"
        name, currency = _intents.about(intent), intent.currency.upper()
        return LedgerOrder(name, intent.id, intent.amount, currency, state, *self._money(intent))

    def _money(self, intent: Intent) -> tuple[int, int, int]:
        """Minor units authorized, captured and refunded."""
        authorized = intent.amount if intent.status == "requires_capture" else 0
        return (
            authorized,
            intent.amount_received,
            self.refunds.refunded(intent.latest_charge) if intent.latest_charge else 0,
        )


def _is_failed(intent: Intent) -> bool:
    return intent.status == "requires_payment_method" and intent.last_error is not None


def _state(refund: Refund) -> str:
    is_returned = refund.status == "failed" and refund.has_succeeded
    return "returned" if is_returned else REFUND_STATE.get(refund.status, "open")


def _declined(act: Callable[[], None]) -> None:
    """Run the act; a decline is shown to the payer on the page and raises nothing."""
    try:
        act()
    except GatewayRefusal as refusal:
        if refusal.http_status != 402:
            raise
