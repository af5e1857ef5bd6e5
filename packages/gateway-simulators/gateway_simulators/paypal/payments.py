"""Payments v2: calls about an authorization or a capture."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.faults import Faults
from gateway_simulators.kit.gateway import ClosedError, UnknownError, wrong
from gateway_simulators.kit.timers import Timers
from gateway_simulators.paypal import checks
from gateway_simulators.paypal.errors import not_found, refusal
from gateway_simulators.paypal.money import read_amount
from gateway_simulators.paypal.orders import Ids, Orders, Tell
from gateway_simulators.paypal.records import (
    CAPTURED,
    COMPLETED,
    CREATED,
    DECLINED,
    FAILED,
    PAID,
    PARTIALLY_CAPTURED,
    PARTIALLY_REFUNDED,
    PENDING,
    REFUNDED,
    VOIDED,
    Authorization,
    Capture,
    Order,
    Refund,
)
from gateway_simulators.paypal.settings import Settings
from gateway_simulators.paypal.views import refund_view

_OVER_CAPTURE_PERCENT = 115
_MORE_MAX = 7500  # A capture may exceed the authorization by 75 dollars.


class Payments:
    def __init__(
        self, orders: Orders, timers: Timers, ids: Ids, settings: Settings, faults: Faults, tell: Tell
    ) -> None:
        self._orders, self._timers, self._ids, self._settings = orders, timers, ids, settings
        self._faults, self._tell = faults, tell
        self.refunds: dict[str, Order] = {}  # By refund id.

    # Authorizations.

    def get_authorization(self, ref: str) -> tuple[Order, Authorization]:
        order = self._orders.holds.get(ref)
        if order is None:
            raise not_found()
        return order, next(authorization for authorization in order.holds if authorization.ref == ref)

    def capture_authorization(self, ref: str, body: dict[str, Any]) -> tuple[Order, Capture]:
        order, authorization = self.get_authorization(ref)
        minor, is_final, invoice_id = checks.read_capture(body, order.currency)
        self._require_capturable(authorization)
        self._require_funds(order, authorization)
        captured = self._captured_of(order, authorization)
        minor = max(authorization.amount - captured, 0) if minor is None else minor
        if captured + minor > authorization.amount * _OVER_CAPTURE_PERCENT // 100:
            raise refusal("MAX_CAPTURE_AMOUNT_EXCEEDED", "/amount/value")
        capture = self._orders.take(order, minor, authorization, invoice_id)
        capture.is_final = authorization.is_final = is_final
        if capture.status != DECLINED:
            authorization.status = (
                CAPTURED if is_final or captured + minor >= authorization.amount else PARTIALLY_CAPTURED
            )
            authorization.updated_at = self._timers.now()
        return order, capture

    def void(self, ref: str) -> tuple[Order, Authorization]:
        order, authorization = self.get_authorization(ref)
        if authorization.status == VOIDED:
            raise refusal("PREVIOUSLY_VOIDED")
        if authorization.status in (CAPTURED, PARTIALLY_CAPTURED):
            raise refusal("PREVIOUSLY_CAPTURED")
        if authorization.status != CREATED:
            raise refusal("CANNOT_BE_VOIDED")
        self._orders.void(order, authorization)
        return order, authorization

    def reauthorize(self, ref: str, body: dict[str, Any]) -> tuple[Order, Authorization]:
        order, authorization = self.get_authorization(ref)
        checks.read_nothing(body, {"amount"})
        self._require_capturable(authorization)
        if authorization.was_renewed:
            raise refusal("MAX_AUTHORIZATION_COUNT_EXCEEDED")
        age = self._timers.now() - authorization.created_at
        if age < self._settings.reauthorize_from_seconds:
            raise refusal("REAUTHORIZATION_TOO_SOON")
        minor = authorization.amount
        if body.get("amount") is not None:
            minor, _ = read_amount(body["amount"], "/amount", order.currency, "AUTH_CURRENCY_MISMATCH")
        if minor > min(authorization.amount * _OVER_CAPTURE_PERCENT // 100, authorization.amount + _MORE_MAX):
            raise refusal("AUTHORIZATION_AMOUNT_EXCEEDED", "/amount/value")
        authorization.amount, authorization.was_renewed = minor, True
        authorization.honored_until = self._timers.now() + self._settings.honor_seconds
        return order, authorization

    def _require_capturable(self, authorization: Authorization) -> None:
        if authorization.status == VOIDED:
            raise refusal("AUTHORIZATION_VOIDED")
        if authorization.status == "DENIED":
            raise refusal("AUTHORIZATION_DENIED")
        if authorization.status == CAPTURED:
            raise refusal("AUTHORIZATION_ALREADY_CAPTURED")
        if authorization.status == PENDING:
            raise refusal("TRANSACTION_REFUSED")  # Assumed: no issue is documented for an authorization under review.
        if self._timers.now() >= authorization.expires_at:
            raise refusal("AUTHORIZATION_EXPIRED")

    def _require_funds(self, order: Order, authorization: Authorization) -> None:
        """After the honor period PayPal still tries to capture, but the payer's money may be gone. Assumed: the
        issue.
        """
        are_spent = order.fate.lasts_honor_period or not self._settings.pays_after_honor_period
        if are_spent and self._timers.now() >= authorization.honored_until:
            raise refusal("PAYER_CANNOT_PAY")

    @staticmethod
    def _captured_of(order: Order, authorization: Authorization) -> int:
        ours = (capture for capture in order.captures if capture.authorization_ref == authorization.ref)
        return sum(capture.amount for capture in ours if capture.status not in (DECLINED, FAILED))

    # Captures and refunds.

    def get_capture(self, ref: str) -> tuple[Order, Capture]:
        order = self._orders.captures.get(ref)
        if order is None:
            raise not_found()
        return order, next(capture for capture in order.captures if capture.ref == ref)

    def get_refund(self, ref: str) -> tuple[Order, Refund]:
        order = self.refunds.get(ref)
        if order is None:
            raise not_found()
        return order, next(refund for refund in order.refunds if refund.ref == ref)

    def refund(self, capture_ref: str, body: dict[str, Any]) -> tuple[Order, Refund]:
        order, capture = self.get_capture(capture_ref)
        minor, custom_id, invoice_id, note = checks.read_refund(body, order.currency)
        refund = self._make(order, capture, minor)
        refund.custom_id, refund.invoice_id, refund.note = custom_id, invoice_id, note
        if self._faults.take("refund", "wrong_amount"):
            refund.amount = wrong(refund.amount)
        if self._settings.refund_step_seconds:
            self._tell_of("PAYMENT.REFUND.PENDING", order, refund)
            self._timers.after(self._settings.refund_step_seconds, lambda: self._complete_if_open(refund))
        else:
            self._end(order, refund, completes=True)
        return order, refund

    def refund_by_hand(self, order: Order, minor: int) -> Refund:
        paid = [capture for capture in order.captures if capture.status in PAID]
        if not paid:
            raise refusal("PENDING_CAPTURE" if order.captures else "INVALID_RESOURCE_ID")
        refund = self._make(order, paid[-1], minor)
        refund.made_by = "hand"
        self._end(order, refund, completes=True)
        return refund

    def reverse(self, order: Order, minor: int) -> Refund:
        """PayPal reverses money. Assumed: a reversal is a refund of the order, as the published webhook sample shows
        one.
        """
        paid = [capture for capture in order.captures if capture.status in PAID]
        left = paid[-1].amount - order.refunded(paid[-1].ref) if paid else 0
        if minor > left:
            raise ClosedError(f"order {order.id} has {left} left to reverse")
        refund = self._add(order, paid[-1], minor)
        refund.made_by, refund.note, refund.status = "reversal", "Payment reversed", COMPLETED
        self._tell_of("PAYMENT.CAPTURE.REVERSED", order, refund)
        return refund

    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        order, refund = self._found(refund_id)
        if not refund.is_open:
            raise ClosedError(f"refund {refund_id} is {refund.status}")
        self._end(order, refund, completes=completes)

    def return_refund(self, refund_id: str) -> None:
        order, refund = self._found(refund_id)
        if refund.status != COMPLETED or refund.made_by == "reversal":
            raise ClosedError(f"refund {refund_id} is {refund.status}: only a completed refund can come back")
        refund.came_back = True
        self._end(order, refund, completes=False)

    def _found(self, refund_id: str) -> tuple[Order, Refund]:
        found = [
            (order, refund)
            for order in self._orders.by_ref.values()
            for refund in order.refunds
            if refund_id in (refund.ref, refund.custom_id)
        ]
        if not found:
            raise UnknownError(f"no refund {refund_id}")
        return found[-1]

    def _make(self, order: Order, capture: Capture, minor: int | None) -> Refund:
        self._require_refundable(capture)
        left = capture.amount - order.refunded(capture.ref)
        if left <= 0:
            raise refusal("CAPTURE_FULLY_REFUNDED")
        minor = left if minor is None else minor
        if minor > left:
            raise refusal("REFUND_AMOUNT_EXCEEDED", "/amount/value")
        if minor > left - capture.lost:
            raise refusal("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK")
        if capture.is_disputed and minor < left:
            raise refusal("TRANSACTION_DISPUTED")
        return self._add(order, capture, minor)

    def _add(self, order: Order, capture: Capture, minor: int) -> Refund:
        refund = Refund(self._ids.new(), capture.ref, order.ref, minor, self._timers.now())
        order.refunds.append(refund)
        self.refunds[refund.ref] = order
        self._mark(order, capture)
        return refund

    def _require_refundable(self, capture: Capture) -> None:
        if capture.status == PENDING:
            raise refusal("PENDING_CAPTURE")
        if capture.status in (DECLINED, FAILED):
            raise refusal("REFUND_NOT_ALLOWED")
        if self._timers.now() - capture.at > self._settings.refund_window_seconds:
            raise refusal("REFUND_TIME_LIMIT_EXCEEDED")

    def _complete_if_open(self, refund: Refund) -> None:
        if refund.is_open:
            self._end(self.refunds[refund.ref], refund, completes=True)

    def _end(self, order: Order, refund: Refund, *, completes: bool) -> None:
        refund.status = COMPLETED if completes else FAILED
        self._mark(order, self.get_capture(refund.capture_ref)[1])
        self._tell_of("PAYMENT.CAPTURE.REFUNDED" if completes else "PAYMENT.REFUND.FAILED", order, refund)

    @staticmethod
    def _mark(order: Order, capture: Capture) -> None:
        refunded = order.refunded(capture.ref)
        capture.status = COMPLETED if not refunded else PARTIALLY_REFUNDED
        if refunded >= capture.amount:
            capture.status = REFUNDED

    def _tell_of(self, event: str, order: Order, refund: Refund) -> None:
        self._tell("refund", event, order, refund_view(order, refund, self._settings.origin))
