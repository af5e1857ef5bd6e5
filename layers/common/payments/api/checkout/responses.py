"""A payment as the payer's browser gets it."""

from __future__ import annotations

from datetime import datetime

from payments.api.payment.responses import NextActionView, PaymentView, RefundStatus, failure_of
from payments.api.view import JsonView
from payments.domain.records.payment import Payment
from payments.domain.values.status import Failure, FailureCode, Status


class CheckoutFailureView(JsonView):
    code: FailureCode

    @staticmethod
    def of(failure: Failure | None) -> CheckoutFailureView | None:
        return CheckoutFailureView(code=failure.code) if failure else None


class CheckoutView(JsonView):
    """The part of a payment that a checkout token may read."""

    payment_id: str
    merchant_order_id: str
    amount: int
    currency: str
    status: Status
    refund_status: RefundStatus
    failure: CheckoutFailureView | None
    next_action: NextActionView
    expires_at: datetime
    return_url: str

    @staticmethod
    def of(payment: Payment) -> CheckoutView:
        shown = PaymentView.of(payment)
        return CheckoutView(
            payment_id=shown.payment_id,
            merchant_order_id=shown.merchant_order_id,
            amount=shown.amount,
            currency=shown.currency,
            status=shown.status,
            refund_status=shown.refund_status,
            failure=CheckoutFailureView.of(failure_of(payment)),
            next_action=shown.next_action,
            expires_at=shown.expires_at,
            return_url=shown.return_url,
        )
