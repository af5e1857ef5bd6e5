"""What a payer's browser gets to see."""

from __future__ import annotations

from datetime import datetime

from payments.domain.payment import Payment
from payments.domain.status import Failure, FailureCode, Status
from payments.runtime.views import JsonView, NextActionView, RefundStatus, failure_of, payment_fields


class CheckoutFailureView(JsonView):
    code: FailureCode

    @staticmethod
    def of(failure: Failure | None) -> CheckoutFailureView | None:
        return CheckoutFailureView(code=failure.code) if failure else None


class CheckoutView(JsonView):
    """What whoever holds a checkout token may read."""

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
        fields = payment_fields(payment, is_staff=False) | {"failure": CheckoutFailureView.of(failure_of(payment))}
        return CheckoutView(**{name: fields[name] for name in CheckoutView.defaults})
