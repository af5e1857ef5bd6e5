"""POST /v1/payments and POST /v1/payments/{payment_id}/retry"""

from __future__ import annotations

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.guards.redirects import check_return_url
from payments.api.payment.requests import PaymentRequest, RetryRequest
from payments.api.payment.responses import NewPaymentView
from payments.api.routes import ANY_MEMBER, ASKS_GATEWAY
from payments.domain.values.money import Money
from payments.usecases.payment import create, retry
from payments.usecases.payment.create import NewPayment
from payments.usecases.payment.retry import RetryOptions

api = Api("initiate", wiring)
_opens_checkout = {"roles": ANY_MEMBER, "answer": NewPaymentView, "status": 201, "idempotent": True}
_ROUTED = (*ASKS_GATEWAY, "gateway_not_eligible", "unknown_gateway", "unsupported_by_gateway")
_REFUSALS = ("duplicate_order", "redirect_not_allowed")


@api.post("/v1/payments", body=PaymentRequest, codes=(*_ROUTED, *_REFUSALS), **_opens_checkout)
def create_payment(call: Call, body: PaymentRequest) -> Result:
    """Start a payment for one merchant order."""
    order = NewPayment(
        workspace=call.workspace,
        merchant_order_id=body.merchant_order_id,
        amount=Money(body.amount, body.currency),
        gateway=body.gateway or "",
        return_url=check_return_url(body.return_url, call.settings),
        expires_in_s=body.expires_in_s,
        customer=body.payer(call.workspace.country),
        metadata=body.metadata,
        terms=body.terms(),
    )
    return create.initiate_payment(order, call.key, call.context("initiate"))


@api.post("/v1/payments/{payment_id}/retry", body=RetryRequest, codes=(*_ROUTED, "invalid_state"), **_opens_checkout)
def retry_payment(call: Call, body: RetryRequest, payment_id: str) -> Result:
    """Try a failed, cancelled or expired payment again."""
    options = RetryOptions(body.gateway or "", body.payment_method or "")
    return retry.retry_payment(call.workspace, payment_id, options, call.key, call.context("retry"))


handler = api
