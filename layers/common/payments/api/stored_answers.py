"""Builds the answers that are stored under an Idempotency-Key, and the payer's return URL."""

from __future__ import annotations

from payments.api.routes import RETURN_TOKEN
from payments.domain.records.approval import Approval
from payments.domain.records.payment import Payment
from payments.domain.records.refund import Refund
from payments.record import record
from payments.store.contract.claims import StoredAnswer


@record
class ApiAnswers:
    """Builds the answers of one request. Views are imported on first use, to shorten a cold start."""

    base_url: str
    is_staff: bool

    def payment(self, payment: Payment, checkout_token: str) -> StoredAnswer:
        from payments.api.payment.responses import NewPaymentView

        view = NewPaymentView.with_token(payment, checkout_token, is_staff=self.is_staff)
        return StoredAnswer(201, view.to_json())

    def refund(self, refund: Refund) -> StoredAnswer:
        from payments.api.refund.responses import RefundView

        return StoredAnswer(201, RefundView.of(refund).to_json())

    def approval(self, approval: Approval) -> StoredAnswer:
        """Return a 202 answer: a second person has to approve."""
        from payments.api.case.responses import ApprovalView

        return StoredAnswer(202, ApprovalView.of(approval, approval.requested_at).to_json())

    def return_address(self, payment_id: str, return_token: str) -> str:
        return f"{self.base_url}/v1/checkouts/{payment_id}/return?{RETURN_TOKEN}={return_token}"
