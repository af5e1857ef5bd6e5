"""Stripe's statuses, codes and event types, and what they mean in our terms."""

from __future__ import annotations

import re

from payments.domain.records.dispute import DisputePhase, DisputeStatus
from payments.domain.records.refund import ReasonCode
from payments.domain.values.status import FailureCode, Status
from payments.gateways.kit.reading import by_code

RACED = frozenset({"payment_intent_unexpected_state", "charge_already_captured", "charge_expired_for_capture"})

PAYMENT_STATUS = {
    "requires_payment_method": Status.PENDING,
    "requires_confirmation": Status.PENDING,
    "requires_action": Status.PENDING,
    "processing": Status.PENDING,
    "requires_capture": Status.AUTHORIZED,
    "succeeded": Status.COMPLETED,
    "canceled": Status.CANCELLED,
}
# By the status of a pending intent: True if the payer has acted and only Stripe ends it, False if not.
# Each row's source: docs/gateways/stripe.md#in-progress-or-abandoned. A status that is missing here is in progress.
IN_PROGRESS = {
    "requires_payment_method": False,
    "requires_confirmation": False,
    "requires_action": False,
    "processing": True,
}
SESSION_IN_PROGRESS = {"open": False}
REFUND_STATUS = {
    "pending": Status.PROCESSING,
    "requires_action": Status.PROCESSING,
    "succeeded": Status.COMPLETED,  # It may still fail days later.
    "failed": Status.FAILED,
    "canceled": Status.FAILED,
}
GONE_BACK = frozenset({"pending", "succeeded"})  # Refunds whose money has left the payment.
NOT_GONE = frozenset({"requires_action", "failed", "canceled"})
RAN_OUT = frozenset({"expired", "automatic"})  # Cancellation reasons of a lapsed authorization.
REASONS = {ReasonCode.DUPLICATE: "duplicate", ReasonCode.FRAUD: "fraudulent"}  # Stripe accepts no other values.

CODES_BY_FAILURE = {
    FailureCode.INSUFFICIENT_FUNDS: "insufficient_funds",
    FailureCode.AUTHENTICATION_FAILED: "authentication_required payment_intent_authentication_failure "
    "payment_intent_action_required incorrect_pin invalid_pin pin_try_exceeded authentication_not_handled",
    FailureCode.CANCELLED_BY_CUSTOMER: "payment_method_customer_decline stop_payment_order",
    FailureCode.LIMIT_EXCEEDED: "card_velocity_exceeded withdrawal_count_limit_exceeded "
    "card_decline_rate_limit_exceeded payment_intent_rate_limit_exceeded",
    FailureCode.METHOD_UNAVAILABLE: "processing_error issuer_not_available try_again_later reenter_transaction "
    "card_not_supported currency_not_supported payment_method_provider_decline payment_method_provider_timeout",
    FailureCode.SUSPECTED_FRAUD: "fraudulent lost_card stolen_card pickup_card restricted_card security_violation "
    "merchant_blacklist lost_or_stolen_card",
    FailureCode.DECLINED: "card_declined generic_decline do_not_honor expired_card incorrect_cvc invalid_cvc "
    "incorrect_number invalid_number incorrect_zip incorrect_address invalid_expiry_month invalid_expiry_year "
    "transaction_not_allowed invalid_amount invalid_account call_issuer no_action_taken not_permitted "
    "do_not_try_again service_not_allowed revocation_of_authorization declined expired_or_canceled_card "
    "account_closed no_account debit_not_authorized",
    FailureCode.REJECTED: "charge_for_pending_refund_disputed merchant_request canceled",
}
FAILURE_BY_CODE = by_code(CODES_BY_FAILURE)

HINTS = {
    "livemode_mismatch": "(a test key for a live object, or the reverse)",
    "testmode_charges_only": "(the account is not activated yet)",
    "api_key_expired": "(put a new secret_key into its secret)",
    "payment_method_types_no_longer_supported": "(our bug: Stripe chooses the methods since 2026-09-30)",
}

_INQUIRY, _CHARGEBACK, _APPEAL = DisputePhase.INQUIRY, DisputePhase.CHARGEBACK, DisputePhase.PRE_ARBITRATION
DISPUTE_STATUS = {
    "warning_needs_response": (_INQUIRY, DisputeStatus.OPEN),
    "warning_under_review": (_INQUIRY, DisputeStatus.UNDER_REVIEW),
    "warning_closed": (_INQUIRY, DisputeStatus.CLOSED),
    "needs_response": (_CHARGEBACK, DisputeStatus.OPEN),
    "under_review": (_CHARGEBACK, DisputeStatus.UNDER_REVIEW),
    "appeal_needs_response": (_APPEAL, DisputeStatus.OPEN),
    "appeal_under_review": (_APPEAL, DisputeStatus.UNDER_REVIEW),
    "won": (_CHARGEBACK, DisputeStatus.WON),
    "lost": (_CHARGEBACK, DisputeStatus.LOST),
    "prevented": (_CHARGEBACK, DisputeStatus.CLOSED),
}

PAYMENT_EVENTS = re.compile(r"(payment_intent|checkout\.session)\.[a-z_.]+")
REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
CHARGE_EVENTS = frozenset({"charge.refunded"})
DISPUTE_EVENTS = re.compile(r"charge\.dispute\.[a-z_]+")
