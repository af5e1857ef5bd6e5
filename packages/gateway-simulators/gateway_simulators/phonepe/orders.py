"""Orders: created, tried by the payer, paid, failed, expired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import ClosedError, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.phonepe import checks
from gateway_simulators.phonepe.errors import bad_request, reused_order_id, unknown_order
from gateway_simulators.phonepe.ids import Ids
from gateway_simulators.phonepe.instruments import BANK_REFUSED, DECLINED_BY_PAYER, ORDER_EXPIRED
from gateway_simulators.phonepe.records import (
    COMPLETED,
    FAILED,
    PENDING,
    Attempt,
    Capture,
    Failure,
    Order,
    WebhookEvent,
)
from gateway_simulators.phonepe.settings import Settings
from gateway_simulators.phonepe.views import attempt_failed_view, order_view

Announce = Callable[[str, WebhookEvent], None]


class Orders:
    def __init__(self, timers: Timers, ids: Ids, settings: Settings, faults: Faults, announce: Announce) -> None:
        self._timers = timers
        self._ids = ids
        self._settings = settings
        self._faults = faults
        self._announce = announce
        self.by_id: dict[str, Order] = {}
        self.captures: list[Capture] = []

    # Calls of the merchant's server.

    def create(self, body: dict[str, Any], merchant_id: str) -> Order:
        order_id, flow = checks.read_id(body, "merchantOrderId"), checks.read_flow(body)
        request, now = checks.read_amount(body), self._timers.now()
        order = Order(
            id=order_id,
            merchant_id=merchant_id,
            order_id=self._ids.order(),
            page_token=self._ids.secret(32),
            amount=request,
            created_at=now,
            expire_at=now + checks.read_expire_after(body, self._settings.default_expire_after_seconds),
            redirect_url=checks.read_redirect_url(flow),
            message=flow.get("message") or "",
            meta=checks.read_meta(body),
            retry_disabled=checks.read_retry_disabled(body),
        )
        return self._add(order)

    def get(self, order_id: str, merchant_id: str) -> Order:
        order = self.find(order_id, merchant_id)
        if order is None:
            raise unknown_order()
        return order

    def find(self, order_id: str, merchant_id: str) -> Order | None:
        order = self.by_id.get(order_id)
        return order if order and order.merchant_id == merchant_id else None

    def get_by_attempt(self, transaction_id: str, merchant_id: str) -> tuple[Order, Attempt]:
        for order in self.by_id.values():
            for attempt in order.attempts:
                if attempt.transaction_id == transaction_id and order.merchant_id == merchant_id:
                    return order, attempt
        raise bad_request("No entry found for given transaction id", "INVALID_TRANSACTION_ID")

    def get_by_page(self, page_token: str) -> Order | None:
        return next((order for order in self.by_id.values() if order.page_token == page_token), None)

    def captured(self, order_id: str) -> int:
        return sum(capture.amount for capture in self.captures if capture.order == order_id)

    # Acts of the payer. Without a mode the payer goes on with the open try, or uses the QR code.

    def pay(self, order: Order, mode: str = "", vpa: str = "") -> None:
        if not order.is_open:
            return self._pay_after_the_end(order, mode, vpa)
        if self._faults.take("pay", "late_success"):
            # The payer is debited in time, but the gateway reports it only after the expiry.
            order.has_late_success = True
            return self.wait(order, mode, vpa)
        self._complete(order, mode, vpa)
        if self._faults.take("pay", "double_pay"):
            self._timers.after(self._settings.second_pay_after_seconds, lambda: self._capture(order, mode, vpa))
        return None

    def decline(self, order: Order, mode: str = "", failure: Failure = DECLINED_BY_PAYER, vpa: str = "") -> None:
        """The payer gives up; the order fails."""
        self._require_open(order)
        self._live_attempt(order, mode, vpa)
        self._fail(order, failure)

    def fail_one_try(self, order: Order, mode: str = "", failure: Failure = BANK_REFUSED, vpa: str = "") -> None:
        """One try fails. The payer may try again unless the merchant has forbidden it."""
        if order.retry_disabled:
            return self.decline(order, mode, failure, vpa)
        self._require_open(order)
        attempt = self._live_attempt(order, mode, vpa)
        attempt.state, attempt.failure = FAILED, failure
        self._tell("checkout.transaction.attempt.failed", order, attempt_failed_view(order, attempt, self._settings))
        if order.expire_at <= self._timers.now():
            self._fail(order, ORDER_EXPIRED)
        return None

    def wait(self, order: Order, mode: str = "", vpa: str = "") -> None:
        """The payer has acted and the bank has not answered: the order stays open beyond its expiry until the bank
        answers.
        """
        self._require_open(order)
        waiting = self._live_attempt(order, mode, vpa)
        self._timers.after(self._settings.pending_seconds, lambda: self._deny_if_pending(order, waiting))

    def end_pending(self, order: Order, *, completes: bool) -> None:
        if not order.is_open or order.pending_try is None:
            raise ClosedError(f"order {order.id} is {order.state}, and nothing is pending")
        if completes:
            self._complete(order, "", "")
        else:
            self._fail(order, BANK_REFUSED)

    def walk_away(self, order: Order) -> None:
        self._require_open(order)
        order.is_walked_away = True

    def tell_again(self, order: Order) -> None:
        event = {COMPLETED: "checkout.order.completed", FAILED: "checkout.order.failed"}.get(order.state)
        if event is None:
            raise ClosedError(f"order {order.id} is {order.state}: there is no webhook to send")
        self._tell(event, order)

    # What an act changes.

    def _add(self, order: Order) -> Order:
        if order.id in self.by_id:
            raise reused_order_id()
        if self._faults.take("pay", "wrong_amount"):
            order.amount = wrong(order.amount)
        self.by_id[order.id] = order
        self._timers.at(order.expire_at, lambda: self._expire(order))
        return order

    def _expire(self, order: Order) -> None:
        if not order.is_open:
            return
        if not order.has_late_success and self._faults.take("pay", "late_success"):
            order.has_late_success = True
        if order.pending_try and not order.has_late_success and self._settings.pending_outlasts_expiry:
            return  # The bank's answer will end this order.
        self._fail(order, ORDER_EXPIRED)
        if order.has_late_success:
            self._timers.after(self._settings.late_success_seconds, lambda: self._complete_late(order))

    def _deny_if_pending(self, order: Order, waiting: Attempt) -> None:
        if order.is_open and order.pending_try is waiting:
            self._fail(order, BANK_REFUSED)

    def _pay_after_the_end(self, order: Order, mode: str, vpa: str) -> None:
        if order.state != FAILED or not self._faults.take("pay", "late_success"):
            raise ClosedError(f"order {order.id} is {order.state}")
        self._complete(order, mode, vpa)

    def _complete_late(self, order: Order) -> None:
        if order.state == FAILED:
            last = order.attempts[-1] if order.attempts else None
            self._complete(order, last.mode if last else "", last.vpa if last else "")

    def _complete(self, order: Order, mode: str, vpa: str) -> None:
        order.state, order.failure, order.closed_at = COMPLETED, None, self._timers.now()
        self._capture(order, mode, vpa)

    def _capture(self, order: Order, mode: str, vpa: str) -> None:
        attempt = self._live_attempt(order, mode, vpa)
        attempt.state, attempt.utr = COMPLETED, self._ids.digits(12)
        self.captures.append(Capture(order.id, attempt.transaction_id, attempt.amount, self._timers.now()))
        self._tell("checkout.order.completed", order)

    def _fail(self, order: Order, failure: Failure) -> None:
        order.state, order.failure, order.closed_at = FAILED, failure, self._timers.now()
        for attempt in order.attempts:
            if attempt.state == PENDING:
                attempt.state, attempt.failure = FAILED, failure
        self._tell("checkout.order.failed", order)

    def _live_attempt(self, order: Order, mode: str, vpa: str) -> Attempt:
        if begun := order.pending_try:
            begun.mode, begun.vpa = mode or begun.mode, vpa or begun.vpa
            return begun
        begun = Attempt(self._ids.attempt(), mode or "UPI_QR", order.amount, self._timers.now(), vpa=vpa)
        order.attempts.append(begun)
        return begun

    def _tell(self, event: str, order: Order, view: dict[str, Any] | None = None) -> None:
        payload = view or order_view(order, self._settings)
        self._announce("pay", WebhookEvent(event, order.id, order.merchant_id, payload))

    def _require_open(self, order: Order) -> None:
        if not order.is_open:
            raise ClosedError(f"order {order.id} is {order.state}")
