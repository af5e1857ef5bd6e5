"""Orders and QR codes: created, tried by the payer, authorized, captured, refunded. Only a payment ends an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import ClosedError, LedgerCapture, UnknownError, times_of, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.razorpay import checks
from gateway_simulators.razorpay.errors import (
    CAPTURED_ALREADY,
    NOT_AUTHORIZED,
    NOT_THE_AMOUNT,
    bad_request,
    no_such_id,
    not_an_id,
)
from gateway_simulators.razorpay.ids import Ids, is_shaped
from gateway_simulators.razorpay.instruments import BANK_REFUSED, CANCELLED, SUCCESS, TIMED_OUT
from gateway_simulators.razorpay.records import (
    AUTHORIZED,
    CAPTURED,
    CREATED,
    FAILED,
    REFUNDED,
    Failure,
    Instrument,
    Order,
    Payment,
    WebhookEvent,
)
from gateway_simulators.razorpay.settings import Settings
from gateway_simulators.razorpay.views import fee_of, order_view, payment_view, qr_view

Announce = Callable[[str, Sequence[WebhookEvent]], None]
QR_LIFE_SECONDS = (120.0, 7200.0)


class Orders:
    def __init__(self, timers: Timers, ids: Ids, settings: Settings, faults: Faults, announce: Announce) -> None:
        self._timers, self._ids, self._settings = timers, ids, settings
        self._faults, self._announce = faults, announce
        self.by_id: dict[str, Order] = {}
        self.payments: dict[str, Payment] = {}
        self.captures: list[LedgerCapture] = []
        self.foreign: list[Order] = []
        self.last_event: dict[str, list[WebhookEvent]] = {}
        self.on_lapse: Callable[[Payment], object] = lambda payment: None

    def forget(self) -> None:
        for forgets in (self.by_id, self.payments, self.captures, self.foreign, self.last_event):
            forgets.clear()

    # Calls of the merchant's server.

    def create(self, body: dict[str, Any]) -> Order:
        given = checks.only(body, checks.ORDER_FIELDS)
        currency = checks.read_currency(given)
        amount, receipt = checks.read_amount(given, currency), checks.read_receipt(given)
        within, authorization = checks.read_capture(
            given,
            by_default=self._settings.captures_by_default,
            authorization_seconds=self._settings.default_authorization_seconds,
        )
        now, notes = self._timers.now(), checks.read_notes(given)
        order = Order(self._ids.new("order"), amount, currency, receipt, notes, now, within, authorization)
        return self._add(order)

    def create_qr(self, body: dict[str, Any]) -> Order:
        given = checks.only(body, checks.QR_FIELDS)
        if given.get("type") != "upi_qr" or given.get("usage") != "single_use" or given.get("fixed_amount") is not True:
            raise bad_request("Only single-use UPI QR codes of a fixed amount are simulated")
        amount, now = checks.read_amount(given, "INR", "payment_amount"), self._timers.now()
        least, most = QR_LIFE_SECONDS
        close_by = min(max(float(given.get("close_by") or now + most), now + least), now + most)
        notes, ref = checks.read_notes(given), self._ids.new("qr")
        authorization = self._settings.default_authorization_seconds
        order = Order(ref, amount, "INR", None, notes, now, authorization, authorization, close_by=close_by)
        order.name, order.description = str(given.get("name") or ""), str(given.get("description") or "")
        self._timers.at(close_by, lambda: self._close(order, "expired"))
        return self._add(order)

    def add_foreign(self, count: int, over_s: float) -> None:
        """Add `count` orders and `count` QR codes."""
        for at in times_of(self._timers.now(), count, over_s):
            number, authorization = len(self.foreign) // 2, self._settings.default_authorization_seconds
            for kind, close_by in (("order", None), ("qr", at + QR_LIFE_SECONDS[1])):
                ref, named = f"{kind}_other{number:09}", {"shop": f"shop-{number}"}
                self.foreign.append(
                    Order(ref, 2_500, "INR", None, named, at, authorization, authorization, close_by=close_by)
                )

    def listed(self, *, is_qr: bool) -> list[Order]:
        """All orders, oldest first."""
        found = (order for order in (*self.by_id.values(), *self.foreign) if order.is_qr is is_qr)
        return sorted(found, key=lambda order: order.created_at)

    def get(self, order_id: str, prefix: str = "order") -> Order:
        if not is_shaped(prefix, order_id):
            raise not_an_id(order_id)
        order = self.by_id.get(order_id)
        if order is None or order.is_qr is not (prefix == "qr"):
            raise no_such_id()
        return order

    def get_payment(self, payment_id: str) -> Payment:
        if not is_shaped("pay", payment_id):
            raise not_an_id(payment_id)
        if payment_id not in self.payments:
            raise no_such_id()
        return self.payments[payment_id]

    def of_merchant(self, merchant_id: str) -> Order:
        """The order with this merchant's id: the first that has a payment, otherwise the newest. Also found by
        Razorpay's id.
        """
        found = [order for order in self.by_id.values() if merchant_id in (order.merchant_id, order.id)]
        if not found:
            raise UnknownError(f"no order {merchant_id}")
        return next((order for order in found if order.payments), found[-1])

    def capture(self, payment: Payment, body: dict[str, Any]) -> Payment:
        given = checks.only(body, ("amount", "currency"))
        amount = checks.read_amount(given, payment.currency)
        if payment.was_captured:
            raise bad_request(CAPTURED_ALREADY, step="payment_capture", reason="order_already_paid")
        if payment.status != AUTHORIZED:
            raise bad_request(NOT_AUTHORIZED, step="payment_capture")
        if amount != payment.due or given.get("currency", payment.currency) != payment.currency:
            raise bad_request(NOT_THE_AMOUNT, field="amount", step="payment_capture", reason="capture_failed")
        self._tell(payment, self._take(payment))
        return payment

    def begin(self, order: Order, instrument: Instrument, method: str = "", flow: str = "", **who: Any) -> Payment:
        """The payer starts a payment, which then waits for the bank."""
        self._require_payable(order)
        made = self._made(order, instrument, method or instrument.method, flow, **who)
        self._timers.after(self._settings.bank_timeout_seconds, lambda: self._time_out(made))
        return made

    # Acts of the payer.

    def pay(self, order: Order, instrument: Instrument | None = None, emi_duration: int = 0) -> Payment:
        self._require_payable(order)
        payment = self._live(order, instrument, emi_duration)
        if self._faults.take("pay", "late_success"):
            after = self._settings.bank_timeout_seconds + self._settings.late_success_seconds
            self._timers.after(after, lambda: self._authorize_late(payment))
            return payment
        self._authorize(payment)
        if self._faults.take("pay", "double_pay"):
            self._timers.after(self._settings.second_pay_after_seconds, lambda: self._pay_again(order))
        return payment

    def fail(self, order: Order, failure: Failure = BANK_REFUSED, instrument: Instrument | None = None) -> Payment:
        """This payment fails; the order can still be paid."""
        self._require_payable(order)
        payment = self._live(order, instrument)
        self._fail(payment, failure)
        return payment

    def decline(self, order: Order) -> Payment:
        return self.fail(order, CANCELLED)

    def wait(self, order: Order) -> None:
        """The payer has acted, and the bank leaves the payment `created` until a control ends it."""
        self._require_payable(order)
        payment = self._live(order, None)
        if self._settings.pending_outlasts_expiry:
            payment.waits_until = self._timers.now() + self._settings.pending_seconds
            self._timers.at(payment.waits_until, lambda: self._time_out(payment))

    def end_pending(self, order: Order, *, completes: bool) -> None:
        payment = next((payment for payment in order.payments if payment.status == CREATED), None)
        if payment is None:
            raise ClosedError(f"order {order.id} is {order.state}, and nothing is pending")
        if completes:
            self._authorize(payment)
        else:
            self._fail(payment, BANK_REFUSED)

    def walk_away(self, order: Order) -> None:
        self._require_payable(order)
        order.is_walked_away = True

    def tell_again(self, order: Order) -> None:
        if order.id not in self.last_event:
            raise ClosedError(f"order {order.id} is {order.status}: there is no webhook to send")
        self._announce("pay", self.last_event[order.id])

    def close(self, order: Order) -> Order:
        """The merchant closes a QR code."""
        if order.closed_at is not None:
            raise bad_request("QR Code is already closed")
        self._close(order, "on_demand")
        self._announce("pay", [self._qr_event("qr_code.closed", order)])
        return order

    # What an act changes.

    def _add(self, order: Order) -> Order:
        if self._faults.take("pay", "wrong_amount"):
            order.amount = wrong(order.amount)
        self.by_id[order.id] = order
        self._timers.after(self._settings.checkout_life_seconds, lambda: self._end_of_checkout(order))
        return order

    def _end_of_checkout(self, order: Order) -> None:
        """The payer paid in the last second, and the bank reports it late."""
        if not order.payments and self._faults.take("pay", "late_success"):
            self._timers.after(self._settings.late_success_seconds, lambda: self._pay_again(order))

    def _live(self, order: Order, instrument: Instrument | None, emi_duration: int = 0) -> Payment:
        begun = next((payment for payment in order.payments if payment.status == CREATED), None)
        if begun and instrument is None:
            return begun
        paid_with = instrument or SUCCESS
        return self.begin(order, paid_with, flow="" if not order.is_qr else "qr", emi_duration=emi_duration)

    def _made(self, order: Order, instrument: Instrument, method: str, flow: str = "", **who: Any) -> Payment:
        ref, now = self._ids.new("pay"), self._timers.now()
        fee = fee_of(order.amount)[0] if self._settings.payer_bears_fee else 0
        request = order.amount + fee
        made = Payment(ref, order, request, instrument, now, method, flow, notes=dict(order.notes), **who)
        made.payer_fee = fee
        order.payments.append(made)
        self.payments[ref] = made
        return made

    def _pay_again(self, order: Order) -> None:
        """A second payment against all rules: two banks have both debited the payer."""
        paid_with = order.payments[-1].instrument if order.payments else SUCCESS
        self._authorize(self._made(order, paid_with, paid_with.method))

    def _authorize_late(self, payment: Payment) -> None:
        if payment.status in (CREATED, FAILED):
            self._authorize(payment)

    def _authorize(self, payment: Payment) -> None:
        payment.status, payment.failure, payment.rrn = AUTHORIZED, None, self._ids.digits(12)
        webhook_event, since = [self._payment_event("payment.authorized", payment)], payment.created_at
        order, now = payment.order, self._timers.now()
        if order.captures_within and now - since <= order.captures_within:
            webhook_event += self._take(payment)
        else:
            self._timers.at(max(now, since + order.authorization_seconds), lambda: self._give_back(payment))
        self._tell(payment, webhook_event)

    def _take(self, payment: Payment) -> list[WebhookEvent]:
        now, order = self._timers.now(), payment.order
        payment.status, payment.captured_at = CAPTURED, now
        self.captures.append(LedgerCapture(order.merchant_id, payment.id, payment.due, now))
        webhook_event = [self._payment_event("payment.captured", payment)]
        if order.is_qr:
            self._close(order, "paid")
            return [*webhook_event, self._qr_event("qr_code.credited", order, payment)]
        paid = {"payment": payment_view(payment), "order": order_view(order)}
        return [*webhook_event, WebhookEvent("order.paid", order.merchant_id, paid, now)]

    def _give_back(self, payment: Payment) -> None:
        """Refund an authorization that was not captured in time. The events are those of a refund, though nothing was
        captured.
        """
        if payment.status == AUTHORIZED:
            payment.status, payment.amount_refunded = REFUNDED, payment.amount
            self.on_lapse(payment)

    def _time_out(self, payment: Payment) -> None:
        if payment.status == CREATED and self._timers.now() >= payment.waits_until:
            self._fail(payment, TIMED_OUT)

    def _fail(self, payment: Payment, failure: Failure) -> None:
        payment.status, payment.failure = FAILED, failure
        self._tell(payment, [self._payment_event("payment.failed", payment)])

    def _close(self, order: Order, why: str) -> None:
        if order.closed_at is None:
            order.closed_at, order.close_reason = self._timers.now(), why

    def _tell(self, payment: Payment, webhook_event: list[WebhookEvent]) -> None:
        self.last_event[payment.order.id] = webhook_event
        self._announce("pay", webhook_event)

    def _payment_event(self, event: str, payment: Payment) -> WebhookEvent:
        return WebhookEvent(event, payment.order.merchant_id, {"payment": payment_view(payment)}, self._timers.now())

    def _qr_event(self, event: str, order: Order, payment: Payment | None = None) -> WebhookEvent:
        reported = {"payment": payment_view(payment)} if payment else {}
        return WebhookEvent(event, order.merchant_id, {**reported, "qr_code": qr_view(order, "")}, self._timers.now())

    def _require_payable(self, order: Order) -> None:
        if order.captured or order.authorized or order.closed_at is not None:
            raise ClosedError(f"order {order.id} is {order.state}")
