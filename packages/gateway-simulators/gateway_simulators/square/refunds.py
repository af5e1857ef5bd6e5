"""Refunds: PENDING at first, then completed by the clock or by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_simulators.kit.gateway import ClosedError, wrong
from gateway_simulators.square import checks
from gateway_simulators.square.errors import bad_request, not_found, refund_error
from gateway_simulators.square.payments import Payments, Shared
from gateway_simulators.square.records import COMPLETED, FAILED, PENDING, Payment, Refund
from gateway_simulators.square.views import refund_view

REFUNDS_MAX, WINDOW_SECONDS = 20, 365 * 86400


class Refunds:
    def __init__(self, payments: Payments, shared: Shared) -> None:
        self._payments, self._shared, self._timers = payments, shared, shared.timers
        self.by_id: dict[str, Refund] = {}
        self.is_blocked: Callable[[str], bool] = lambda payment_id: False

    def clear(self) -> None:
        self.by_id.clear()

    def create(self, body: dict[str, Any] | None) -> dict[str, Any]:
        body = checks.checked(body, checks.CREATE_REFUND, "idempotency_key", "amount_money", "payment_id")
        return self._shared.keys.once("refund", body, lambda: {"refund": refund_view(self._create(body))})

    def create_by_hand(self, payment: Payment, amount: int) -> Refund:
        """Refund `amount` minor units at the dashboard, unknown to the merchant's own system."""
        return self._make(payment, amount, "", "Returned goods", "hand")

    def get(self, refund_id: str) -> Refund:
        if refund_id not in self.by_id:
            raise not_found("refund", refund_id)
        return self.by_id[refund_id]

    def find(self, refund_id: str) -> Refund | None:
        """The refund with this id or idempotency key."""
        return next((each for each in self.by_id.values() if refund_id in (each.id, each.key)), None)

    def refunded(self, payment_id: str) -> int:
        return sum(each.amount for each in self._of(payment_id) if each.status in (PENDING, COMPLETED))

    def end(self, refund: Refund, status: str) -> None:
        if refund.status != PENDING:
            raise ClosedError(f"refund {refund.id} is {refund.status}")
        self._move(refund, status)

    def come_back(self, refund: Refund) -> None:
        """*Assumed*: a completed refund whose money did not arrive becomes FAILED and no longer counts as refunded."""
        if refund.status != COMPLETED:
            raise ClosedError(f"refund {refund.id} is {refund.status}")
        self._move(refund, FAILED)

    def _move(self, refund: Refund, status: str) -> None:
        refund.has_completed |= status == COMPLETED
        refund.status, refund.updated_at, refund.version = status, self._timers.now(), refund.version + 1
        self._tell(refund, "refund.updated")
        if refund.has_completed:
            done = sum(each.amount for each in self._of(refund.payment_id) if each.status == COMPLETED)
            self._payments.show_refund(self._payments.get(refund.payment_id), done)

    def _create(self, body: dict[str, Any]) -> Refund:
        payment = self._payments.get(body["payment_id"])
        location = checks.read_location(self._shared.settings, payment.location_id)
        amount = checks.read_amount(body["amount_money"], location)
        if body.get("payment_version_token") not in (None, payment.version_token):
            raise bad_request("VERSION_MISMATCH", "The payment has changed.", "payment_version_token")
        return self._make(payment, amount, body["idempotency_key"], body.get("reason") or "", "api")

    def _make(self, payment: Payment, amount: int, key: str, reason: str, made_by: str) -> Refund:
        self._require_refundable(payment, amount)
        now, ids = self._timers.now(), self._shared.ids
        given = wrong(amount) if self._shared.faults.take("refund", "wrong_amount") else amount
        refund = Refund(
            id=f"{payment.id}_{ids.new(20)}",
            key=key,
            payment_id=payment.id,
            order_id=ids.new(16),
            location_id=payment.location_id,
            amount=given,
            currency=payment.currency,
            reason=reason,
            created_at=now,
            updated_at=now,
            made_by=made_by,
        )
        self.by_id[refund.id] = refund
        payment.refund_ids.append(refund.id)
        self._tell(refund, "refund.created")
        self._timers.after(self._shared.settings.refund_seconds, lambda: self._complete_if_open(refund))
        return refund

    def _complete_if_open(self, refund: Refund) -> None:
        if refund.status == PENDING:
            self.end(refund, COMPLETED)

    def _require_refundable(self, payment: Payment, amount: int) -> None:
        if payment.status != COMPLETED:
            raise refund_error("REFUND_ERROR_PAYMENT_NEEDS_COMPLETION", "Cancel the payment instead.")
        if self.is_blocked(payment.id):
            raise refund_error("PAYMENT_NOT_REFUNDABLE_DUE_TO_DISPUTE", "The payment is disputed.")
        if amount > payment.amount - self.refunded(payment.id):
            raise refund_error("REFUND_AMOUNT_INVALID", "The amount is more than what is left of the payment.")
        is_too_old = self._timers.now() - (payment.ended_at or 0) > WINDOW_SECONDS
        if is_too_old or len(self._of(payment.id)) >= REFUNDS_MAX:
            raise refund_error("PAYMENT_NOT_REFUNDABLE", "Too old, or refunded too often.")

    def _of(self, payment_id: str) -> list[Refund]:
        return [each for each in self.by_id.values() if each.payment_id == payment_id]

    def _tell(self, refund: Refund, event: str) -> None:
        view = refund_view(refund) | {"version": refund.version}
        self._shared.tell("refund", refund.id, [(event, view)])
