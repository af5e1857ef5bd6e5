"""Refunds: accepted one at a time per order, then completed by the clock or by hand."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import ClosedError, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.phonepe import checks
from gateway_simulators.phonepe.errors import bad_request, reused_refund_id, unknown_refund
from gateway_simulators.phonepe.ids import Ids
from gateway_simulators.phonepe.instruments import REFUND_BREACHED, REFUND_RETURNED
from gateway_simulators.phonepe.orders import Announce, Orders
from gateway_simulators.phonepe.records import (
    COMPLETED,
    CONFIRMED,
    FAILED,
    PENDING,
    Attempt,
    Order,
    Refund,
    WebhookEvent,
)
from gateway_simulators.phonepe.settings import Settings
from gateway_simulators.phonepe.views import refund_view

MIN_REFUND = 100  # In paise; less only where less is left of the order.


class Refunds:
    def __init__(
        self, orders: Orders, timers: Timers, ids: Ids, settings: Settings, faults: Faults, announce: Announce
    ) -> None:
        self._orders = orders
        self._timers = timers
        self._ids = ids
        self._settings = settings
        self._faults = faults
        self._announce = announce
        self.by_id: dict[str, Refund] = {}

    def create(self, body: dict[str, Any], merchant_id: str) -> Refund:
        refund_id = checks.read_id(body, "merchantRefundId")
        order_id = checks.read_id(body, "originalMerchantOrderId")
        amount = checks.read_amount(body, least=1)
        if refund_id in self.by_id:
            raise reused_refund_id()
        refund = self._make(refund_id, self._orders.find(order_id, merchant_id), amount, "api")
        if self._faults.take("refund", "wrong_amount"):
            refund.amount = wrong(amount)
        return refund

    def create_by_hand(self, order: Order, amount: int) -> Refund:
        """Refund `amount` paise at the dashboard, unknown to the merchant's own system."""
        return self._make(f"DASHBOARD-{self._ids.digits(10)}", order, amount, "hand")

    def get(self, refund_id: str, merchant_id: str) -> Refund:
        refund = self.by_id.get(refund_id)
        if refund is None or refund.merchant_id != merchant_id:
            raise unknown_refund()
        return refund

    def paid_by(self, refund: Refund) -> Attempt:
        attempts = self._orders.by_id[refund.order].attempts
        return next(attempt for attempt in attempts if attempt.state == COMPLETED)

    def refunded(self, order_id: str) -> int:
        return sum(r.amount for r in self.by_id.values() if r.order == order_id and r.state != FAILED)

    def complete(self, refund: Refund) -> None:
        self._require_open(refund)
        refund.state, refund.closed_at, refund.was_completed = COMPLETED, self._timers.now(), True
        self._tell("pg.refund.completed", refund)

    def fail(self, refund: Refund) -> None:
        self._require_open(refund)
        refund.state, refund.failure, refund.closed_at = FAILED, REFUND_BREACHED, self._timers.now()
        self._tell("pg.refund.failed", refund)

    def come_back(self, refund: Refund) -> None:
        """The refund had completed; then the payer's bank could not credit it."""
        if refund.state != COMPLETED:
            raise ClosedError(f"refund {refund.id} is {refund.state}")
        refund.state, refund.failure, refund.closed_at = FAILED, REFUND_RETURNED, self._timers.now()
        self._tell("pg.refund.failed", refund)

    def _make(self, refund_id: str, order: Order | None, amount: int, made_by: str) -> Refund:
        order = self._require_refundable(order, amount)
        now = self._timers.now()
        refund = Refund(refund_id, self._ids.refund(), order.merchant_id, order.id, amount, now, made_by)
        self.by_id[refund_id] = refund
        self._timers.after(self._settings.refund_step_seconds, lambda: self._confirm(refund))
        return refund

    def _confirm(self, refund: Refund) -> None:
        if refund.state == PENDING:
            refund.state = CONFIRMED
            self._tell("pg.refund.accepted", refund)
            self._timers.after(self._settings.refund_step_seconds, lambda: self._complete_if_open(refund))

    def _complete_if_open(self, refund: Refund) -> None:
        if refund.is_open:
            self.complete(refund)

    def _require_refundable(self, order: Order | None, amount: int) -> Order:
        order = self._refundable_order(order)
        left = self._orders.captured(order.id) - self.refunded(order.id)
        if amount > left:
            raise bad_request("Refund amount is more than what is left of the order", "EXCESS_REFUND_AMOUNT")
        if amount < min(MIN_REFUND, left):
            raise bad_request(f"Refund amount must be at least {MIN_REFUND}")
        return order

    def _refundable_order(self, order: Order | None) -> Order:
        if order is None:
            raise bad_request("Original transaction not found", "ORIGINAL_TXN_NOT_FOUND")
        if order.state != COMPLETED:
            raise bad_request("Refund is allowed for completed orders only", "REFUND_NOT_ALLOWED")
        if any(refund.is_open for refund in self.by_id.values() if refund.order == order.id):
            raise bad_request("Another refund of this order is in progress", "REFUND_NOT_ALLOWED")
        if self._timers.now() - (order.closed_at or 0) > self._settings.refund_window_seconds:
            raise bad_request("The order is too old to refund", "REFUND_FOR_TXN_OLDER_THAN_LIMIT")
        return order

    def _tell(self, event: str, refund: Refund) -> None:
        payload = refund_view(refund, self.paid_by(refund), self._settings)
        self._announce("refund", WebhookEvent(event, refund.id, refund.merchant_id, payload))

    def _require_open(self, refund: Refund) -> None:
        if not refund.is_open:
            raise ClosedError(f"refund {refund.id} is {refund.state}")
