"""PayPal's statuses, codes and event types, and what they mean in our terms."""

from __future__ import annotations

from payments.domain.records.dispute import DisputeMoney, DisputePhase, DisputeStatus
from payments.domain.values.status import FailureCode, Status
from payments.gateways.contract.webhooks import EventKind
from payments.gateways.kit.reading import by_code

TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED", "REVERSED"})  # Captured, whether refunded or not.
_NOT_TAKEN = ("DECLINED", "DENIED", "FAILED")
CAPTURE_STATUS = dict.fromkeys(TAKEN, Status.COMPLETED) | dict.fromkeys(_NOT_TAKEN, Status.FAILED)
GONE = frozenset({"REFUNDED", "REVERSED", *_NOT_TAKEN})  # A recorded capture with this status was returned in full.
DISPUTED = frozenset({"BUYER_COMPLAINT", "CHARGEBACK"})  # With these reasons a dispute moved the money.
# A pending capture or authorization is always in progress: the payer has acted, and only PayPal ends it. These orders
# are in progress without one (docs/gateways/paypal.md#in-progress-or-abandoned).
ORDERS_IN_PROGRESS = frozenset({"COMPLETED"})
HOLD_STATUS = {"CREATED": Status.AUTHORIZED, "DENIED": Status.FAILED, "VOIDED": Status.CANCELLED}
REFUND_STATUS = {"COMPLETED": Status.COMPLETED, "FAILED": Status.FAILED, "CANCELLED": Status.FAILED}
RETURNING = ("PENDING", "COMPLETED")  # A refund with this status counts in `returned`.
OPEN_HOLDS = ("CREATED", "PENDING", "PARTIALLY_CAPTURED")
UNPAID_ORDERS = ("CREATED", "SAVED", "PAYER_ACTION_REQUIRED", "APPROVED", "VOIDED")
SETTLED_ORDERS = ("APPROVED", "COMPLETED", "VOIDED")  # No page to send the payer to.

CODES_BY_FAILURE = {
    FailureCode.DECLINED: "INSTRUMENT_DECLINED PAYER_CANNOT_PAY TRANSACTION_REFUSED PAYER_ACCOUNT_RESTRICTED "
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED CARD_EXPIRED PAYMENT_SOURCE_DECLINED_BY_PROCESSOR CARD_BRAND_NOT_SUPPORTED "
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING AUTHORIZATION_DENIED PAYMENT_DENIED 0500 5100 5400 00N7",
    FailureCode.INSUFFICIENT_FUNDS: "5120",
    FailureCode.AUTHENTICATION_FAILED: "PAYER_ACTION_REQUIRED",
    FailureCode.LIMIT_EXCEEDED: "TRANSACTION_LIMIT_EXCEEDED MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
    FailureCode.SUSPECTED_FRAUD: "COMPLIANCE_VIOLATION TRANSACTION_BLOCKED_BY_PAYEE 9500",
    FailureCode.REJECTED: "PAYEE_ACCOUNT_RESTRICTED PAYEE_ACCOUNT_LOCKED_OR_CLOSED PAYEE_BLOCKED_TRANSACTION",
    FailureCode.EXPIRED: "ORDER_EXPIRED AUTHORIZATION_EXPIRED",
}
FAILURE_BY_CODE = by_code(CODES_BY_FAILURE)

# The request was done before, or is no longer possible: fetch the order to see which.
_SETTLED = (
    "ORDER_NOT_APPROVED ORDER_ALREADY_CAPTURED ORDER_ALREADY_AUTHORIZED ORDER_ALREADY_COMPLETED "
    "ORDER_COMPLETED_OR_VOIDED AUTHORIZATION_ALREADY_CAPTURED AUTHORIZATION_VOIDED AUTHORIZATION_ALREADY_VOIDED "
    "PREVIOUSLY_CAPTURED PREVIOUSLY_VOIDED RESOURCE_NOT_FOUND INVALID_RESOURCE_ID"
)
SETTLED_BEFORE = frozenset(_SETTLED.split())
IN_PROGRESS = frozenset(("PREVIOUS_REQUEST_IN_PROGRESS", "ORDER_COMPLETION_IN_PROGRESS", "DUPLICATE_REQUEST_ID"))
HINTS = {
    "PERMISSION_DENIED": "(the app lacks this feature, or the account may not use it)",
    "NOT_AUTHORIZED": "(the app lacks this feature, or the account may not use it)",
    "PAYEE_ACCOUNT_RESTRICTED": "(PayPal restricted the merchant's account)",
}

DISPUTE_PHASE = {phase.name: phase for phase in DisputePhase}  # By PayPal's `dispute_life_cycle_stage`.
DISPUTE_STATUS = {
    "OPEN": DisputeStatus.OPEN,
    "WAITING_FOR_SELLER_RESPONSE": DisputeStatus.OPEN,
    "WAITING_FOR_BUYER_RESPONSE": DisputeStatus.UNDER_REVIEW,
    "UNDER_REVIEW": DisputeStatus.UNDER_REVIEW,
}
# By the outcome of a RESOLVED dispute: our status, and where the money is if PayPal lists no movement.
DISPUTE_OUTCOME = {
    "RESOLVED_SELLER_FAVOUR": (DisputeStatus.WON, DisputeMoney.NONE),
    "DENIED": (DisputeStatus.WON, DisputeMoney.NONE),
    "RESOLVED_BUYER_FAVOUR": (DisputeStatus.LOST, DisputeMoney.DEBITED),
    "ACCEPTED": (DisputeStatus.LOST, DisputeMoney.DEBITED),
    "RESOLVED_WITH_PAYOUT": (DisputeStatus.LOST, DisputeMoney.NONE),
    "CANCELED_BY_BUYER": (DisputeStatus.CLOSED, DisputeMoney.NONE),
    "NONE": (DisputeStatus.CLOSED, DisputeMoney.NONE),
}

_PAYMENT_EVENTS = (
    "CHECKOUT.ORDER.APPROVED CHECKOUT.ORDER.COMPLETED CHECKOUT.ORDER.PROCESSED CHECKOUT.PAYMENT-APPROVAL.REVERSED "
    "PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.PENDING PAYMENT.CAPTURE.DENIED PAYMENT.CAPTURE.DECLINED "
    "PAYMENT.CAPTURE.REVERSED PAYMENT.AUTHORIZATION.CREATED PAYMENT.AUTHORIZATION.VOIDED"
)
_REFUND_EVENTS = "PAYMENT.CAPTURE.REFUNDED PAYMENT.REFUND.PENDING PAYMENT.REFUND.FAILED PAYMENT.REFUND.COMPLETED"
_DISPUTE_EVENTS = "CUSTOMER.DISPUTE.CREATED CUSTOMER.DISPUTE.UPDATED CUSTOMER.DISPUTE.RESOLVED"
KIND_BY_EVENT = (
    dict.fromkeys(_PAYMENT_EVENTS.split(), EventKind.PAYMENT)
    | dict.fromkeys(_REFUND_EVENTS.split(), EventKind.REFUND)
    | dict.fromkeys(_DISPUTE_EVENTS.split(), EventKind.DISPUTE)
)  # Other events are ignored.
