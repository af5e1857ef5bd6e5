"""Razorpay's statuses, codes and event types, and what they mean in our terms."""

from __future__ import annotations

from payments.domain.records.dispute import DisputePhase, DisputeStatus
from payments.domain.values.status import FailureCode, Status
from payments.gateways.contract.webhooks import EventKind
from payments.gateways.kit.reading import by_code

PAYMENT_STATUS = {  # A fully refunded payment was captured.
    "created": Status.PENDING,
    "authorized": Status.AUTHORIZED,
    "captured": Status.COMPLETED,
    "refunded": Status.COMPLETED,
    "failed": Status.FAILED,
}
# True if the payer has acted and the payment may still succeed. An order without a payment is abandoned.
# docs/gateways/razorpay.md#in-progress-or-abandoned names each row's source.
IS_TRY_IN_PROGRESS = {
    "created": True,  # The payer chose a way to pay; the bank has not answered.
    "failed": False,  # The bank may approve it within three days: a late success.
}
REFUND_STATUS = {
    "pending": Status.PROCESSING,
    "processed": Status.COMPLETED,
    "failed": Status.FAILED,  # A processed refund may fail later.
    "reversed": Status.FAILED,  # Only in Razorpay's refund FAQ: the money came back.
}
DISPUTE_STATUS = {
    "open": DisputeStatus.OPEN,
    "under_review": DisputeStatus.UNDER_REVIEW,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "closed": DisputeStatus.CLOSED,
}
DISPUTE_PHASE = {
    "fraud": DisputePhase.INQUIRY,
    "retrieval": DisputePhase.INQUIRY,
    "chargeback": DisputePhase.CHARGEBACK,
    "pre_arbitration": DisputePhase.PRE_ARBITRATION,
    "arbitration": DisputePhase.ARBITRATION,
}

CODES_BY_FAILURE = {
    FailureCode.INSUFFICIENT_FUNDS: "insufficient_funds insufficient_fund",  # The second is the test cards' spelling.
    FailureCode.AUTHENTICATION_FAILED: "authentication_failed card_not_enrolled incorrect_atm_pin "
    "incorrect_card_details incorrect_card_expiry_date incorrect_cardholder_name incorrect_cvv incorrect_otp "
    "incorrect_pin otp_attempts_exceeded otp_expired verification_failed",
    FailureCode.CANCELLED_BY_CUSTOMER: "payment_cancelled",
    FailureCode.EXPIRED: "payment_collect_request_expired payment_session_expired payment_timed_out request_timed_out",
    FailureCode.LIMIT_EXCEEDED: "emi_greater_than_max_amount transaction_daily_limit_exceeded "
    "transaction_limit_exceeded refund_limit_crossed",
    FailureCode.METHOD_UNAVAILABLE: "bank_not_enabled bank_technical_error card_network_not_enabled card_type_invalid "
    "emi_plan_unavailable gateway_technical_error international_transaction_not_allowed "
    "invalid_response_from_gateway issuer_technical_error payment_method_not_enabled recurring_payment_not_enabled "
    "server_error upi_app_technical_error upi_collect_not_enabled upi_intent_not_enabled",
    FailureCode.SUSPECTED_FRAUD: "compliance_violation payment_amount_tampered payment_risk_check_failed",
    FailureCode.DECLINED: "authorisation_declined_by_psp bank_account_invalid beneficiary_account_does_not_exist "
    "card_declined card_disabled_for_online_payments card_expired card_number_invalid credit_failed debit_declined "
    "debit_instrument_blocked debit_instrument_inactive invalid_vpa payment_declined payment_failed user_not_eligible "
    "vpa_resolution_failed",
    FailureCode.REJECTED: "amount_less_than_minimum_amount capture_failed duplicate_request input_validation_failed "
    "invalid_amount invalid_currency invalid_order_id invalid_request live_mode_not_enabled merchant_not_activated "
    "mismatch_in_transaction_details order_already_paid order_amount_mismatch order_payment_method_mismatch",
}
FAILURE_BY_CODE = by_code(CODES_BY_FAILURE)

NO_SUCH_ID = "The id provided does not exist"
HINTS = {  # By the start of the description: all have the same code.
    "The requested URL was not found": "(not enabled for this account: ask Razorpay)",
    NO_SUCH_ID: "(of another account, or of the other mode: check key_id)",
    "Authentication failed": "(check key_id and key_secret)",
}
KIND_BY_EVENT = {  # Event to kind and entity. Others are ignored.
    "payment.authorized": (EventKind.PAYMENT, "payment"),
    "payment.captured": (EventKind.PAYMENT, "payment"),
    "payment.failed": (EventKind.PAYMENT, "payment"),
    "order.paid": (EventKind.PAYMENT, "order"),
    "qr_code.credited": (EventKind.PAYMENT, "qr_code"),
    "qr_code.closed": (EventKind.PAYMENT, "qr_code"),
    "refund.created": (EventKind.REFUND, "refund"),
    "refund.processed": (EventKind.REFUND, "refund"),
    "refund.failed": (EventKind.REFUND, "refund"),
    "refund.speed_changed": (EventKind.REFUND, "refund"),
    "payment.dispute.created": (EventKind.DISPUTE, "dispute"),
    "payment.dispute.under_review": (EventKind.DISPUTE, "dispute"),
    "payment.dispute.action_required": (EventKind.DISPUTE, "dispute"),
    "payment.dispute.won": (EventKind.DISPUTE, "dispute"),
    "payment.dispute.lost": (EventKind.DISPUTE, "dispute"),
    "payment.dispute.closed": (EventKind.DISPUTE, "dispute"),
}

SAME_KEY = "request with the same idempotency key"
