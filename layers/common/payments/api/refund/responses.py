"""Refunds as the API returns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from payments.api.payment.responses import FailureView
from payments.api.view import JsonView
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.values.status import Status

RefundState = Literal["pending", "processing", "completed", "failed", "returned"]


_REFUND_WORDS: Mapping[Status, RefundState] = {
    Status.CREATED: "pending",
    Status.PROCESSING: "processing",
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.RETURNED: "returned",
}


class RefundView(JsonView):
    refund_id: str
    payment_id: str
    attempt_id: str
    merchant_order_id: str
    gateway_refund_id: Annotated[
        str, Field(description="the gateway's id of it, for its support; empty until it answered")
    ]
    amount: int
    currency: str
    status: RefundState
    actor: Annotated[str, Field(description="who requested it; gateway: it was made at the gateway")]
    reason_code: ReasonCode
    reason_text: str
    failure: FailureView | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None

    @staticmethod
    def of(refund: Refund) -> RefundView:
        return RefundView(
            refund_id=refund.id,
            payment_id=refund.payment_id,
            attempt_id=refund.attempt_id,
            merchant_order_id=refund.merchant_order_id,
            gateway_refund_id=refund.refund_ref,
            amount=refund.amount.minor,
            currency=refund.amount.currency,
            status=_REFUND_WORDS[refund.status],
            actor=refund.actor,
            reason_code=refund.reason_code,
            reason_text=refund.reason_text,
            failure=FailureView.of(refund.failure, is_staff=True),
            created_at=refund.created_at,
            updated_at=refund.updated_at,
            completed_at=refund.completed_at,
        )


class RefundList(JsonView):
    data: tuple[RefundView, ...]
    next_cursor: None

    @staticmethod
    def of(refunds: Sequence[Refund]) -> RefundList:
        return RefundList(data=tuple(map(RefundView.of, refunds)), next_cursor=None)
