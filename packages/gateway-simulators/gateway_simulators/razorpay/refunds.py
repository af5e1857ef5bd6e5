"""Refunds: accepted under an idempotency key, then processed by the clock or by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import ClosedError, UnknownError, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.razorpay import checks
from gateway_simulators.razorpay.errors import (
    FULLY_REFUNDED,
    KEY_REUSED,
    NO_BALANCE,
    NOT_CAPTURED,
    TOO_MUCH,
    TOO_MUCH_IN_ALL,
    bad_request,
    no_such_id,
    not_an_id,
)
from gateway_simulators.razorpay.ids import Ids, is_shaped
from gateway_simulators.razorpay.orders import Announce, Orders
from gateway_simulators.razorpay.records import (
    CAPTURED,
    FAILED,
    PENDING,
    PROCESSED,
    REFUNDED,
    Payment,
    Refund,
    WebhookEvent,
)
from gateway_simulators.razorpay.settings import Settings
from gateway_simulators.razorpay.views import payment_view, refund_view

SPEEDS = ("normal", "optimum")


class Refunds:
    def __init__(
        self, orders: Orders, timers: Timers, ids: Ids, settings: Settings, faults: Faults, announce: Announce
    ) -> None:
        self._orders, self._timers, self._ids = orders, timers, ids
        self._settings, self._faults, self._announce = settings, faults, announce
        self.by_id: dict[str, Refund] = {}
        self._answers: dict[str, tuple[tuple[str, dict[str, Any]], dict[str, Any]]] = {}
        self.balance: Callable[[], int | None] = lambda: None
        orders.on_lapse = self._make_of_lapsed

    def forget(self) -> None:
        self.by_id.clear()
        self._answers.clear()

    def create(self, payment: Payment, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Create a refund; returns the answer. The same key and body give the same answer again."""
        request = (payment.id, body)
        if key and key in self._answers:
            first, answer = self._answers[key]
            if first != request:
                raise bad_request(KEY_REUSED, http_status=self._settings.reused_key_status, reason="duplicate_request")
            return dict(answer)
        answer = refund_view(self._create(payment, body))
        if key:
            self._answers[key] = (request, answer)
        return answer

    def create_by_hand(self, payment: Payment, amount: int) -> Refund:
        """Refund `amount` minor units at the dashboard, unknown to the merchant's own system."""
        refund = self._make(payment, amount, "normal", None, {})
        refund.made_by = "hand"
        return refund

    def get(self, refund_id: str) -> Refund:
        if not is_shaped("rfnd", refund_id):
            raise not_an_id(refund_id)
        if refund_id not in self.by_id:
            raise no_such_id()
        return self.by_id[refund_id]

    def of_merchant(self, refund_id: str) -> Refund:
        """The refund with this id, the merchant's or Razorpay's."""
        for refund in self.by_id.values():
            if refund_id in (refund.id, refund.merchant_id):
                return refund
        raise UnknownError(f"no refund {refund_id}")

    def of_payment(self, payment: Payment) -> list[Refund]:
        return [refund for refund in self.by_id.values() if refund.payment is payment]

    def process(self, refund: Refund) -> None:
        self._require_open(refund)
        refund.status, refund.was_processed = PROCESSED, True
        self._tell("refund.processed", refund)

    def fail(self, refund: Refund) -> None:
        """The refund fails; the merchant keeps the money."""
        self._require_open(refund)
        self._undo(refund)

    def come_back(self, refund: Refund) -> None:
        """The refund had been processed; then the payer's bank could not credit it."""
        if refund.status != PROCESSED or refund.made_by == "lapse":
            raise ClosedError(f"refund {refund.id} is {refund.status}")
        self._undo(refund)

    def _undo(self, refund: Refund) -> None:
        refund.status = FAILED
        payment = refund.payment
        payment.amount_refunded -= refund.amount
        payment.status = CAPTURED
        self._tell("refund.failed", refund)

    def _create(self, payment: Payment, body: dict[str, Any]) -> Refund:
        given = checks.only(body, checks.REFUND_FIELDS)
        left = payment.due - payment.amount_refunded
        amount = checks.read_amount(given, payment.currency) if "amount" in given else left
        speed = given.get("speed", "normal")
        if speed not in SPEEDS:
            raise bad_request("The selected speed is invalid.", field="speed")
        refund = self._make(payment, amount, speed, checks.read_receipt(given), checks.read_notes(given))
        if self._faults.take("refund", "wrong_amount"):
            refund.amount = wrong(amount)
        return refund

    def _make(self, payment: Payment, amount: int, speed: str, receipt: str | None, notes: dict[str, str]) -> Refund:
        self._require_refundable(payment, amount)
        now = self._timers.now()
        refund = Refund(self._ids.new("rfnd"), payment, amount, now, speed, receipt, notes)
        self.by_id[refund.id] = refund
        payment.amount_refunded += amount
        if payment.amount_refunded >= payment.due:
            payment.status = REFUNDED
        self._tell("refund.created", refund)
        is_too_old = now - payment.created_at > self._settings.refund_window_seconds
        self._timers.after(self._settings.refund_seconds, lambda: self._end(refund, is_too_old))
        return refund

    def _make_of_lapsed(self, payment: Payment) -> None:
        """The refund that Razorpay makes itself when an authorization lapses."""
        now = self._timers.now()
        refund = Refund(self._ids.new("rfnd"), payment, payment.amount, now, "normal", None, {}, "lapse")
        self.by_id[refund.id] = refund
        self._tell("refund.created", refund)
        self._timers.after(self._settings.refund_seconds, lambda: self._end(refund, fails=False))

    def _end(self, refund: Refund, fails: bool) -> None:
        if refund.status == PENDING:
            (self.fail if fails else self.process)(refund)

    def _require_refundable(self, payment: Payment, amount: int) -> None:
        step, left = "refund_request", payment.due - payment.amount_refunded
        if not payment.was_captured:
            raise bad_request(NOT_CAPTURED, step=step)
        if not left:
            raise bad_request(FULLY_REFUNDED, step=step)
        if amount > payment.due:
            raise bad_request(TOO_MUCH, step=step, field="amount")
        if amount > left:
            raise bad_request(TOO_MUCH_IN_ALL, step=step, field="amount")
        balance = self.balance()
        if balance is not None and amount > balance:
            raise bad_request(NO_BALANCE, step=step, source="NA", reason="NA")

    def _require_open(self, refund: Refund) -> None:
        if refund.status != PENDING:
            raise ClosedError(f"refund {refund.id} is {refund.status}")

    def _tell(self, event: str, refund: Refund) -> None:
        reported = {"refund": refund_view(refund), "payment": payment_view(refund.payment)}
        self._announce("refund", [WebhookEvent(event, refund.merchant_id, reported, self._timers.now())])
