"""Capture and cancel a payment: POST /v1/payments/{payment_id}/capture and /cancel."""

from __future__ import annotations

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.payment.actions import CancelRequest, CaptureRequest
from payments.api.payment.responses import PaymentView
from payments.api.routes import ASKS_GATEWAY, MONEY_MOVERS
from payments.usecases.payment import cancel, capture

api = Api("capture", wiring)
_moves_money = {"roles": MONEY_MOVERS, "answer": PaymentView}
_CODES = (*ASKS_GATEWAY, "busy", "invalid_state", "unsupported_by_gateway")


@api.post(
    "/v1/payments/{payment_id}/capture",
    body=CaptureRequest,
    codes=(*_CODES, "capture_exceeds_authorized"),
    **_moves_money,
)
def capture_payment(call: Call, body: CaptureRequest, payment_id: str) -> Result:
    """Capture an authorized payment, all or part of it; the rest of the authorization is cancelled."""
    payment = capture.capture_payment(payment_id, body.amount, call.context("capture"))
    return PaymentView.of(payment, is_staff=call.is_staff)


@api.post("/v1/payments/{payment_id}/cancel", body=CancelRequest, codes=_CODES, **_moves_money)
def cancel_payment(call: Call, body: CancelRequest, payment_id: str) -> Result:
    """Cancel a payment: close its unpaid checkout, or void its authorization."""
    payment = cancel.cancel_payment(payment_id, body.reason, call.context("cancel"))
    return PaymentView.of(payment, is_staff=call.is_staff)


handler = api
