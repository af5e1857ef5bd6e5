"""Each gateway's code of a failure, and the merchant's code for it, read by the adapters' own functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from dev.tools.expand import ROOT
from payments.domain.values.status import Failure, FailureCode
from payments.gateways.paypal import wire as paypal
from payments.gateways.phonepe import wire as phonepe
from payments.gateways.razorpay import fields as razorpay
from payments.gateways.square import wire as square
from payments.gateways.stripe import wire as stripe
from tests.gateways.fakes import an_attempt

# From docs/gateways/*.md, written out: not taken from the production tables.
MEANINGS: dict[str, dict[FailureCode, str]] = {
    "phonepe": {
        FailureCode.INSUFFICIENT_FUNDS: "INSUFFICIENT_BALANCE INSUFFICIENT_FUNDS Z9 IE",
        FailureCode.AUTHENTICATION_FAILED: (
            "INVALID_MPIN ZM MPIN_LIMIT_BREACHED Z6 MPIN_NOT_SET AM AUTHORIZATION_ERROR WRONG_PIN OTP_EXPIRED "
            "INVALID_CVV_EXPIRY"
        ),
        FailureCode.CANCELLED_BY_CUSTOMER: (
            "TXN_CANCELLED ZA REQUEST_DECLINE_BY_REQUESTEE REQUEST_CANCEL_BY_REQUESTER ORDER_CANCELLED_BY_USER"
        ),
        FailureCode.EXPIRED: "ORDER_EXPIRED INTENT_EXPIRED REQUEST_TIME_OUT TIMED_OUT U69",
        FailureCode.LIMIT_EXCEEDED: "TXN_FREQ_LIMIT_BREACHED Z7 TXN_LIMIT_BREACHED Z8 U03 ZU REFUND_BREACHED BF_034",
        FailureCode.METHOD_UNAVAILABLE: (
            "BANK_TECHNICAL_ISSUE U90 UT U28 XB XY S96 BANK_NOT_ABLE_TO_PROCESS XT IR TECHNICAL_ISSUE U80 U86 PG_ERROR"
        ),
        FailureCode.SUSPECTED_FRAUD: (
            "TXN_BLOCKED K1 XP XV XQ FP BF_025 BF_028 BF_049 BF_108 BF_110 BL_076 BL_077 BL_086 BL_088 CR_016 "
            "DEVICE_FINGERPRINT_MISMATCH U66"
        ),
        FailureCode.DECLINED: (
            "TXN_NOT_COMPLETED TXN_AUTO_FAILED TXN_FAILED PAYMENT_ERROR ACCOUNT_NOT_ELIGIBLE B3 "
            "ACCOUNT_BLOCKED YE ACCOUNT_DOES_NOT_EXIST XH ACCOUNT_INACTIVE ZX SD TXN_NOT_ALLOWED B1 YC U54 SA "
            "ZG INVALID_VPA ZH CARD_EXPIRED"
        ),
        FailureCode.REJECTED: (
            "INTERNAL_SECURITY_BLOCK INTERNAL_SECURITY_BLOCK_1 INTERNAL_SECURITY_BLOCK_2 "
            "INTERNAL_SECURITY_BLOCK_4 INTERNAL_SECURITY_BLOCK_5 INTERNAL_SECURITY_BLOCK_6 REFUND_NOT_ALLOWED "
            "REFUND_FOR_TXN_OLDER_THAN_LIMIT EXCESS_REFUND_AMOUNT TXN_AMOUNT_MISMATCH_REFUND "
            "INVALID_REFUND_REQUEST_FIELDS ORIGINAL_TXN_NOT_FOUND"
        ),
    },
    "razorpay": {
        FailureCode.INSUFFICIENT_FUNDS: "insufficient_funds insufficient_fund",
        FailureCode.AUTHENTICATION_FAILED: (
            "authentication_failed card_not_enrolled incorrect_atm_pin incorrect_card_details "
            "incorrect_card_expiry_date incorrect_cardholder_name incorrect_cvv incorrect_otp incorrect_pin "
            "otp_attempts_exceeded otp_expired verification_failed"
        ),
        FailureCode.CANCELLED_BY_CUSTOMER: "payment_cancelled",
        FailureCode.EXPIRED: (
            "payment_collect_request_expired payment_session_expired payment_timed_out request_timed_out"
        ),
        FailureCode.LIMIT_EXCEEDED: (
            "emi_greater_than_max_amount transaction_daily_limit_exceeded transaction_limit_exceeded "
            "refund_limit_crossed"
        ),
        FailureCode.METHOD_UNAVAILABLE: (
            "bank_not_enabled bank_technical_error card_network_not_enabled card_type_invalid "
            "emi_plan_unavailable gateway_technical_error international_transaction_not_allowed "
            "invalid_response_from_gateway issuer_technical_error payment_method_not_enabled "
            "recurring_payment_not_enabled server_error upi_app_technical_error upi_collect_not_enabled "
            "upi_intent_not_enabled"
        ),
        FailureCode.SUSPECTED_FRAUD: "compliance_violation payment_amount_tampered payment_risk_check_failed",
        FailureCode.DECLINED: (
            "authorisation_declined_by_psp bank_account_invalid beneficiary_account_does_not_exist "
            "card_declined card_disabled_for_online_payments card_expired card_number_invalid credit_failed "
            "debit_declined debit_instrument_blocked debit_instrument_inactive invalid_vpa payment_declined "
            "payment_failed user_not_eligible vpa_resolution_failed"
        ),
        FailureCode.REJECTED: (
            "amount_less_than_minimum_amount capture_failed duplicate_request input_validation_failed "
            "invalid_amount invalid_currency invalid_order_id invalid_request live_mode_not_enabled "
            "merchant_not_activated mismatch_in_transaction_details order_already_paid order_amount_mismatch "
            "order_payment_method_mismatch"
        ),
    },
    "paypal": {
        FailureCode.DECLINED: (
            "INSTRUMENT_DECLINED PAYER_CANNOT_PAY TRANSACTION_REFUSED PAYER_ACCOUNT_RESTRICTED "
            "PAYER_ACCOUNT_LOCKED_OR_CLOSED CARD_EXPIRED PAYMENT_SOURCE_DECLINED_BY_PROCESSOR "
            "CARD_BRAND_NOT_SUPPORTED REDIRECT_PAYER_FOR_ALTERNATE_FUNDING AUTHORIZATION_DENIED "
            "PAYMENT_DENIED 0500 5100 5400 00N7"
        ),
        FailureCode.INSUFFICIENT_FUNDS: "5120",
        FailureCode.AUTHENTICATION_FAILED: "PAYER_ACTION_REQUIRED",
        FailureCode.LIMIT_EXCEEDED: "TRANSACTION_LIMIT_EXCEEDED MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
        FailureCode.SUSPECTED_FRAUD: "COMPLIANCE_VIOLATION TRANSACTION_BLOCKED_BY_PAYEE 9500",
        FailureCode.REJECTED: "PAYEE_ACCOUNT_RESTRICTED PAYEE_ACCOUNT_LOCKED_OR_CLOSED PAYEE_BLOCKED_TRANSACTION",
        FailureCode.EXPIRED: "ORDER_EXPIRED AUTHORIZATION_EXPIRED",
    },
    "stripe": {
        FailureCode.INSUFFICIENT_FUNDS: "insufficient_funds",
        FailureCode.AUTHENTICATION_FAILED: (
            "authentication_required payment_intent_authentication_failure payment_intent_action_required "
            "incorrect_pin invalid_pin pin_try_exceeded authentication_not_handled"
        ),
        FailureCode.CANCELLED_BY_CUSTOMER: "payment_method_customer_decline stop_payment_order",
        FailureCode.LIMIT_EXCEEDED: (
            "card_velocity_exceeded withdrawal_count_limit_exceeded card_decline_rate_limit_exceeded "
            "payment_intent_rate_limit_exceeded"
        ),
        FailureCode.METHOD_UNAVAILABLE: (
            "processing_error issuer_not_available try_again_later reenter_transaction card_not_supported "
            "currency_not_supported payment_method_provider_decline payment_method_provider_timeout"
        ),
        FailureCode.SUSPECTED_FRAUD: (
            "fraudulent lost_card stolen_card pickup_card restricted_card security_violation "
            "merchant_blacklist lost_or_stolen_card"
        ),
        FailureCode.DECLINED: (
            "card_declined generic_decline do_not_honor expired_card incorrect_cvc invalid_cvc "
            "incorrect_number invalid_number incorrect_zip incorrect_address invalid_expiry_month "
            "invalid_expiry_year transaction_not_allowed invalid_amount invalid_account call_issuer "
            "no_action_taken not_permitted do_not_try_again service_not_allowed revocation_of_authorization "
            "declined expired_or_canceled_card account_closed no_account debit_not_authorized"
        ),
        FailureCode.REJECTED: "charge_for_pending_refund_disputed merchant_request canceled",
    },
    "square": {
        FailureCode.INSUFFICIENT_FUNDS: "INSUFFICIENT_FUNDS GIFT_CARD_AVAILABLE_AMOUNT",
        FailureCode.AUTHENTICATION_FAILED: "CARD_DECLINED_VERIFICATION_REQUIRED ALLOWABLE_PIN_TRIES_EXCEEDED",
        FailureCode.CANCELLED_BY_CUSTOMER: "BUYER_REFUSED_PAYMENT",
        FailureCode.LIMIT_EXCEEDED: "TRANSACTION_LIMIT PAYMENT_LIMIT_EXCEEDED",
        FailureCode.METHOD_UNAVAILABLE: "CARD_NOT_SUPPORTED UNSUPPORTED_CARD_BRAND ACCOUNT_UNUSABLE",
        FailureCode.DECLINED: (
            "GENERIC_DECLINE CARD_DECLINED CARD_DECLINED_CALL_ISSUER CVV_FAILURE VERIFY_CVV_FAILURE "
            "ADDRESS_VERIFICATION_FAILURE VERIFY_AVS_FAILURE INVALID_POSTAL_CODE CARD_EXPIRED "
            "INVALID_EXPIRATION BAD_EXPIRATION EXPIRATION_FAILURE INVALID_CARD PAN_FAILURE INVALID_ACCOUNT "
            "VOICE_FAILURE CARDHOLDER_INSUFFICIENT_PERMISSIONS"
        ),
        FailureCode.REJECTED: (
            "CARD_TOKEN_USED CARD_TOKEN_EXPIRED SOURCE_USED SOURCE_EXPIRED INVALID_CARD_DATA REJECTED"
        ),
    },
}


def _of_phonepe(name: str) -> Failure | None:
    return phonepe.from_payment({"state": "FAILED", "errorCode": "X", "detailedErrorCode": name}, an_attempt()).failure


def _of_razorpay(name: str) -> Failure | None:
    return razorpay.failure_of({"error_reason": name, "error_code": "BAD_REQUEST_ERROR"})


def _of_paypal(name: str) -> Failure | None:
    declined = paypal.from_decline(name)
    return declined.failure if declined else None


def _of_stripe(name: str) -> Failure | None:
    """Not of a card: every error of a card is at least a decline."""
    return stripe.from_decline({"error": {"type": "api_error", "code": "x", "decline_code": name}}).snapshot.failure


def _of_square(name: str) -> Failure | None:
    """A decline without a category: in a category every code is at least a decline."""
    refusal = {"errors": [{"code": name}]}
    return square.from_decline(refusal).snapshot.failure if square.is_decline(refusal) else None


READERS: dict[str, Callable[[str], Failure | None]] = {
    "phonepe": _of_phonepe,
    "razorpay": _of_razorpay,
    "paypal": _of_paypal,
    "stripe": _of_stripe,
    "square": _of_square,
}


def _words() -> Iterator[Any]:
    for gateway, meanings in MEANINGS.items():
        for code, words in meanings.items():
            yield from (pytest.param(gateway, name, code, id=f"{gateway} {name}") for name in words.split())


@pytest.mark.parametrize(("gateway", "name", "code"), [*_words()])
def test_a_code_for_a_failure_means_what_the_gateways_document_says(gateway: str, name: str, code: FailureCode) -> None:
    failure = READERS[gateway](name)
    assert failure
    assert (failure.code, failure.gateway_code) == (code, name)


@pytest.mark.parametrize("gateway", MEANINGS)
def test_no_code_has_a_meaning_that_is_not_written_here(gateway: str) -> None:
    written = {name for words in MEANINGS[gateway].values() for name in words.split()}
    assert set(import_module(f"payments.gateways.{gateway}.codes").FAILURE_BY_CODE) == written


@pytest.mark.parametrize("gateway", MEANINGS)
def test_every_code_is_in_the_gateways_page(gateway: str) -> None:
    page = set(re.findall(r"\w+", (ROOT / f"docs/gateways/{gateway}.md").read_text()))
    assert [name for names in MEANINGS[gateway].values() for name in names.split() if name not in page] == []
