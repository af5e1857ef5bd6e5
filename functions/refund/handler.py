"""Refunds: POST and GET /v1/payments/{payment_id}/refunds, GET /v1/refunds/{refund_id}."""

from __future__ import annotations

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.case.responses import ApprovalView
from payments.api.refund.requests import RefundRequest
from payments.api.refund.responses import RefundList, RefundView
from payments.api.routes import MONEY_MOVERS
from payments.domain.records.refund import ReasonCode
from payments.usecases.refund import create, read
from payments.usecases.refund.force import request_forced_refund

api = Api("refund", wiring)
_REFUSALS = (
    "invalid_state",
    "refund_exceeds_payment",
    "refund_currency_mismatch",
    "refund_below_minimum",
    "refund_window_expired",
    "dispute_open",
)


@api.post(
    "/v1/payments/{payment_id}/refunds",
    roles=MONEY_MOVERS,
    body=RefundRequest,
    answer=RefundView,
    status=201,
    otherwise={202: ApprovalView},
    idempotent=True,
    codes=_REFUSALS,
)
def create_refund(call: Call, body: RefundRequest, payment_id: str) -> Result:
    """Refund all or part of a completed payment; with force, ask a second person to approve that."""
    order = create.NewRefund(
        payment_id=payment_id,
        minor=body.amount,
        currency=body.currency or "",
        reason_code=ReasonCode(body.reason_code),
        reason_text=body.reason_text,
    )
    if body.is_forced:
        return request_forced_refund(order, call.key, call.context("forced refund"))
    return create.refund_payment(order, call.key, call.context("refund"))


@api.get("/v1/payments/{payment_id}/refunds", roles=MONEY_MOVERS, answer=RefundList)
def list_payment_refunds(call: Call, payment_id: str) -> Result:
    """List a payment's refunds, oldest first."""
    return RefundList.of(read.list_refunds(call.workspace_id, payment_id, call.ports))


@api.get("/v1/refunds/{refund_id}", roles=MONEY_MOVERS, answer=RefundView)
def get_refund(call: Call, refund_id: str) -> Result:
    """Read a refund."""
    return RefundView.of(read.get_refund(call.workspace_id, refund_id, call.ports))


handler = api
