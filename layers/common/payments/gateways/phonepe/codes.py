"""PhonePe's statuses, codes and event types, and what they mean in our terms."""

from __future__ import annotations

from payments.domain.records.dispute import DisputeStatus
from payments.domain.values.status import FailureCode, Status
from payments.gateways.contract.webhooks import EventKind
from payments.gateways.kit.reading import by_code

PAYMENT_STATUS = {
    "PENDING": Status.PENDING,
    "COMPLETED": Status.COMPLETED,
    "FAILED": Status.FAILED,
    "EXPIRED": Status.EXPIRED,  # Seen in an SDK's test data only.
}
# Of a PENDING order, by the state of each try: True if the payer has acted and the payment may still succeed.
# Without a True the order is abandoned. Each row's source: docs/gateways/phonepe.md#in-progress-or-abandoned.
IS_TRY_IN_PROGRESS = {
    "PENDING": True,  # Sent to or approved in the payer's app; the bank has not answered.
    "COMPLETED": True,  # Debited; the order's state does not show it yet.
    "FAILED": False,  # The payer may try again, until the order expires.
}
REFUND_STATUS = {
    "PENDING": Status.PROCESSING,
    "CONFIRMED": Status.PROCESSING,  # Accepted by the bank, not final.
    "COMPLETED": Status.COMPLETED,
    "FAILED": Status.FAILED,
}

DISPUTE_STATUS = {
    "ACTION_REQUIRED": DisputeStatus.OPEN,
    "UNDER_REVIEW": DisputeStatus.UNDER_REVIEW,
    "WON": DisputeStatus.WON,
    "LOST": DisputeStatus.LOST,
}  # Listed in this order: a dispute that changes while we read is listed twice, not missed.

CODES_BY_FAILURE = {
    FailureCode.INSUFFICIENT_FUNDS: "INSUFFICIENT_BALANCE INSUFFICIENT_FUNDS Z9 IE",
    FailureCode.AUTHENTICATION_FAILED: "INVALID_MPIN ZM MPIN_LIMIT_BREACHED Z6 MPIN_NOT_SET AM AUTHORIZATION_ERROR "
    "WRONG_PIN OTP_EXPIRED INVALID_CVV_EXPIRY",
    FailureCode.CANCELLED_BY_CUSTOMER: "TXN_CANCELLED ZA REQUEST_DECLINE_BY_REQUESTEE REQUEST_CANCEL_BY_REQUESTER "
    "ORDER_CANCELLED_BY_USER",
    FailureCode.EXPIRED: "ORDER_EXPIRED INTENT_EXPIRED REQUEST_TIME_OUT TIMED_OUT U69",
    FailureCode.LIMIT_EXCEEDED: "TXN_FREQ_LIMIT_BREACHED Z7 TXN_LIMIT_BREACHED Z8 U03 ZU REFUND_BREACHED BF_034",
    FailureCode.METHOD_UNAVAILABLE: "BANK_TECHNICAL_ISSUE U90 UT U28 XB XY S96 BANK_NOT_ABLE_TO_PROCESS XT IR "
    "TECHNICAL_ISSUE U80 U86 PG_ERROR",
    FailureCode.SUSPECTED_FRAUD: "TXN_BLOCKED K1 XP XV XQ FP BF_025 BF_028 BF_049 BF_108 BF_110 BL_076 BL_077 BL_086 "
    "BL_088 CR_016 DEVICE_FINGERPRINT_MISMATCH U66",
    FailureCode.DECLINED: "TXN_NOT_COMPLETED TXN_AUTO_FAILED TXN_FAILED PAYMENT_ERROR ACCOUNT_NOT_ELIGIBLE B3 "
    "ACCOUNT_BLOCKED YE ACCOUNT_DOES_NOT_EXIST XH ACCOUNT_INACTIVE ZX SD TXN_NOT_ALLOWED B1 YC U54 SA ZG "
    "INVALID_VPA ZH CARD_EXPIRED",
    # The merchant's page, server, app or KYC differ from the onboarding; and refused refunds.
    FailureCode.REJECTED: "INTERNAL_SECURITY_BLOCK INTERNAL_SECURITY_BLOCK_1 INTERNAL_SECURITY_BLOCK_2 "
    "INTERNAL_SECURITY_BLOCK_4 INTERNAL_SECURITY_BLOCK_5 INTERNAL_SECURITY_BLOCK_6 REFUND_NOT_ALLOWED "
    "REFUND_FOR_TXN_OLDER_THAN_LIMIT EXCESS_REFUND_AMOUNT TXN_AMOUNT_MISMATCH_REFUND INVALID_REFUND_REQUEST_FIELDS "
    "ORIGINAL_TXN_NOT_FOUND",
}
FAILURE_BY_CODE = by_code(CODES_BY_FAILURE)

# The same code means "unknown" for a status call and "already used" for a create call.
NO_SUCH_ORDER = frozenset({"INVALID_MERCHANT_ORDER_ID"})
NO_SUCH_REFUND = frozenset({"INVALID_MERCHANT_REFUND_ID"})
NO_SUCH_DISPUTE = frozenset({"INVALID_DISPUTE_ID"})  # Assumed, as are the paths of a single dispute.
ORDER_EXISTS = frozenset({"INVALID_MERCHANT_ORDER_ID", "INVALID_TRANSACTION_ID", "DUPLICATE_REQUEST_ID"})
REFUND_EXISTS = frozenset({"INVALID_TRANSACTION_ID", "DUPLICATE_REQUEST_ID"})

HINTS = {
    "KEY_NOT_CONFIGURED": "(wrong environment, keys of the retired v1 API, or a product that is not enabled)",
    "FORBIDDEN": "(PhonePe has not enabled this product for the account)",
}

# In lower case with dots: older webhooks are named CHECKOUT_ORDER_COMPLETED. Others are ignored, such as
# `subscription.*`.
KIND_BY_EVENT = {
    "checkout.order.completed": EventKind.PAYMENT,
    "checkout.order.failed": EventKind.PAYMENT,
    "checkout.transaction.attempt.failed": EventKind.PAYMENT,
    "pg.order.completed": EventKind.PAYMENT,
    "pg.order.failed": EventKind.PAYMENT,
    "pg.transaction.attempt.failed": EventKind.PAYMENT,
    "pg.transaction.failed": EventKind.PAYMENT,
    "pg.refund.accepted": EventKind.REFUND,
    "pg.refund.completed": EventKind.REFUND,
    "pg.refund.failed": EventKind.REFUND,
    "payment.dispute.created": EventKind.DISPUTE,
    "payment.dispute.action.required": EventKind.DISPUTE,
    "payment.dispute.under.review": EventKind.DISPUTE,
    "payment.dispute.won": EventKind.DISPUTE,
    "payment.dispute.lost": EventKind.DISPUTE,
}
