"""Square's statuses, codes and event types, and what they mean in our terms."""

from __future__ import annotations

from payments.domain.records.dispute import DisputePhase, DisputeStatus
from payments.domain.values.status import FailureCode, Status
from payments.gateways.kit.reading import by_code

PAYMENT_STATUS = {
    "PENDING": Status.PENDING,
    "APPROVED": Status.AUTHORIZED,
    "COMPLETED": Status.COMPLETED,
    "CANCELED": Status.CANCELLED,
    "FAILED": Status.FAILED,
}
# By the status of a pending payment: True if the payer has acted and only Square ends it. Source:
# docs/gateways/square.md#in-progress-or-abandoned. A status that is missing here is in progress.
IN_PROGRESS = {"PENDING": True}
REFUND_STATUS = {
    "PENDING": Status.PROCESSING,
    "COMPLETED": Status.COMPLETED,
    "REJECTED": Status.FAILED,
    "FAILED": Status.FAILED,
}

GONE_BACK = frozenset(("PENDING", "COMPLETED"))  # Refunds whose money has left the payment.
DISPUTE_STATE = {
    "INQUIRY_EVIDENCE_REQUIRED": (DisputePhase.INQUIRY, DisputeStatus.OPEN),
    "INQUIRY_PROCESSING": (DisputePhase.INQUIRY, DisputeStatus.UNDER_REVIEW),
    "INQUIRY_CLOSED": (DisputePhase.INQUIRY, DisputeStatus.CLOSED),
    "EVIDENCE_REQUIRED": (DisputePhase.CHARGEBACK, DisputeStatus.OPEN),
    "PROCESSING": (DisputePhase.CHARGEBACK, DisputeStatus.UNDER_REVIEW),
    "WON": (DisputePhase.CHARGEBACK, DisputeStatus.WON),
    "LOST": (DisputePhase.CHARGEBACK, DisputeStatus.LOST),
    "ACCEPTED": (DisputePhase.CHARGEBACK, DisputeStatus.LOST),
}

CODES_BY_FAILURE = {
    FailureCode.INSUFFICIENT_FUNDS: "INSUFFICIENT_FUNDS GIFT_CARD_AVAILABLE_AMOUNT",
    FailureCode.AUTHENTICATION_FAILED: "CARD_DECLINED_VERIFICATION_REQUIRED ALLOWABLE_PIN_TRIES_EXCEEDED",
    FailureCode.CANCELLED_BY_CUSTOMER: "BUYER_REFUSED_PAYMENT",
    FailureCode.LIMIT_EXCEEDED: "TRANSACTION_LIMIT PAYMENT_LIMIT_EXCEEDED",
    FailureCode.METHOD_UNAVAILABLE: "CARD_NOT_SUPPORTED UNSUPPORTED_CARD_BRAND ACCOUNT_UNUSABLE",
    FailureCode.DECLINED: "GENERIC_DECLINE CARD_DECLINED CARD_DECLINED_CALL_ISSUER CVV_FAILURE VERIFY_CVV_FAILURE "
    "ADDRESS_VERIFICATION_FAILURE VERIFY_AVS_FAILURE INVALID_POSTAL_CODE CARD_EXPIRED INVALID_EXPIRATION "
    "BAD_EXPIRATION EXPIRATION_FAILURE INVALID_CARD PAN_FAILURE INVALID_ACCOUNT VOICE_FAILURE "
    "CARDHOLDER_INSUFFICIENT_PERMISSIONS",
    # The token is used up: the payer has to enter the details again.
    FailureCode.REJECTED: "CARD_TOKEN_USED CARD_TOKEN_EXPIRED SOURCE_USED SOURCE_EXPIRED INVALID_CARD_DATA REJECTED",
}
FAILURE_BY_CODE = by_code(CODES_BY_FAILURE)

# In Square's category for payment methods, but caused by our request or account.
OURS = frozenset(
    ("PAYMENT_AMOUNT_MISMATCH", "CURRENCY_MISMATCH", "INVALID_LOCATION", "INVALID_FEES", "INSUFFICIENT_PERMISSIONS",
     "MANUALLY_ENTERED_PAYMENT_NOT_SUPPORTED")
)  # fmt: skip
# The outcome is unknown: it may have been done or will be, or was done under this key with another body.
UNKNOWN = frozenset(
    ("TEMPORARY_ERROR", "CONFLICT", "REQUEST_TIMEOUT", "GATEWAY_TIMEOUT", "INTERNAL_SERVER_ERROR", "BAD_GATEWAY",
     "SERVICE_UNAVAILABLE", "IDEMPOTENCY_KEY_REUSED", "VERSION_MISMATCH")
)  # fmt: skip
NOT_NOW = frozenset(("RATE_LIMITED", "REFUND_ALREADY_PENDING"))
NOT_FOUND, CHANGED = "NOT_FOUND", "VERSION_MISMATCH"

HINTS = {
    "FORBIDDEN": "(check GATEWAY_MODE, and access_token in its secret)",
    "INSUFFICIENT_SCOPES": "(the access token lacks a permission: PAYMENTS_, ORDERS_ and DISPUTES_, READ and WRITE)",
    "INVALID_LOCATION": "(check location_id in its secret)",
    "LOCATION_MISMATCH": "(check location_id in its secret)",
    "CURRENCY_MISMATCH": "(a location takes its own currency only)",
    "UNSUPPORTED_CURRENCY": "(a location takes its own currency only)",
    "CARD_PROCESSING_NOT_ENABLED": "(Square has not enabled cards for the location)",
    "IDEMPOTENCY_KEY_REUSED": "(one id, two different requests)",
}
