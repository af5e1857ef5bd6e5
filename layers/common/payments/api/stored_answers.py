"""The answers that are stored under an Idempotency-Key, and the address where a payer comes back."""

from __future__ import annotations

from payments.api.routes import RETURN_TOKEN
from payments.domain.records.approval import Approval
from payments.domain.records.payment import Payment
from payments.domain.records.refund import Refund
from payments.record import record
from payments.store.contract.claims import StoredAnswer


@record
class ApiAnswers:
    """Of one request: where the API answers, and whether its caller may read the gateways' own words.

    The views load with the first answer of their kind: a cold start costs less without them.
    """

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
        """202: it waits for the second person."""
        from payments.api.case.responses import ApprovalView

        return StoredAnswer(202, ApprovalView.of(approval, approval.requested_at).to_json())

    def return_address(self, payment_id: str, return_token: str) -> str:
        return f"{self.base_url}/v1/checkouts/{payment_id}/return?{RETURN_TOKEN}={return_token}"
