"""Errors that a use case raises for its caller. `api_code` is the code of the API's answer."""

from __future__ import annotations

import re
from typing import ClassVar

from payments.domain.records.payment import Payment
from payments.domain.values.status import Failure, FailureCode
from payments.gateways.contract.errors import GatewayError
from payments.store.contract.errors import StoreRejected, StoreUnavailable

_CODES = re.compile("[A-Za-z]+(?:[,:]? [A-Za-z]+){0,9}")  # It matches our own short texts as well.


class UseCaseError(Exception):
    """`message` and `details` are sent to the caller, so no secret or personal data. The API's `DETAILS` lists them."""

    api_code: ClassVar[str] = "internal_error"  # A key of the API's table of errors.

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


def under_review_error(payment: Payment) -> InvalidState:
    message = "the payment is under review: decide its case first"
    return InvalidState(message, status=payment.status, review=payment.review_kind)


def refusal_of(error: GatewayError) -> Failure:
    """The failure to record for a refusal, with the gateway's own message if it gave one."""
    return Failure(FailureCode.REJECTED, error.code, error.words or str(error))


def why_of(error: Exception) -> str:
    """The error's text for a log line. Of a store's error only a code is shown, because other texts may quote data."""
    is_code = isinstance(error, StoreUnavailable | StoreRejected) and _CODES.fullmatch(str(error))
    return str(error) if isinstance(error, GatewayError) or is_code else ""


class PaymentNotFound(UseCaseError):
    """No such payment in this workspace. Another workspace's payment gets the same answer."""

    api_code = "not_found"


class RefundNotFound(UseCaseError):
    api_code = "not_found"


class ReportNotFound(UseCaseError):
    api_code = "not_found"


class CaseNotFound(UseCaseError):
    api_code = "not_found"


class DuplicateOrder(UseCaseError):
    """The merchant order has a payment already."""

    api_code = "duplicate_order"


class KeyReused(UseCaseError):
    """The Idempotency-Key was used with another body."""

    api_code = "idempotency_key_reused"


class InProgress(UseCaseError):
    """An earlier request with the same Idempotency-Key has no answer yet."""

    api_code = "idempotency_in_progress"


class OutcomePending(UseCaseError):
    """The gateway's answer was lost, so the outcome is not known yet."""

    api_code = "outcome_unknown"


class InvalidState(UseCaseError):
    """The payment's state does not allow this."""

    api_code = "invalid_state"


class RefundExceedsPayment(UseCaseError):
    api_code = "refund_exceeds_payment"


class RefundCurrencyMismatch(UseCaseError):
    api_code = "refund_currency_mismatch"


class RefundBelowMinimum(UseCaseError):
    api_code = "refund_below_minimum"


class RefundWindowExpired(UseCaseError):
    api_code = "refund_window_expired"


class GatewayNotEligible(UseCaseError):
    """Country, currency or method rule the gateway out."""

    api_code = "gateway_not_eligible"


class OutcomeNotAllowed(UseCaseError):
    """The case has no such outcome, or a field is missing or too many."""

    api_code = "outcome_not_allowed"


class DecisionNotPossible(UseCaseError):
    """The outcome contradicts what the gateway reports, or what is stored."""

    api_code = "decision_not_possible"


class CaseChanged(UseCaseError):
    """The case changed before it was decided: the caller must read it again."""

    api_code = "case_changed"


class ApprovalNotFound(UseCaseError):
    api_code = "not_found"


class ApprovalNotAllowed(UseCaseError):
    """The approval has lapsed or was answered, or the caller is its requester."""

    api_code = "approval_not_open"


class DisputeNotFound(UseCaseError):
    api_code = "not_found"


class DisputeOpen(UseCaseError):
    """A chargeback is open, so a refund needs a second person's approval."""

    api_code = "dispute_open"


class UnsupportedByGateway(UseCaseError):
    """The payment's gateway cannot do this."""

    api_code = "unsupported_by_gateway"


class CaptureExceedsAuthorized(UseCaseError):
    api_code = "capture_exceeds_authorized"


class ProofRefused(UseCaseError):
    """The proof that the payer's browser sent is not valid for this attempt."""

    api_code = "proof_refused"


class AmountOffStep(UseCaseError):
    """The gateway takes only multiples of `step` minor units."""

    api_code = "invalid_amount"


class AmountBelowMinimum(UseCaseError):
    api_code = "invalid_amount"


class UnknownGateway(UseCaseError):
    api_code = "unknown_gateway"


class GatewayRefused(UseCaseError):
    """The gateway refused our request."""

    api_code = "gateway_error"


class GatewayDown(UseCaseError):
    """The gateway gave no usable answer. A stored capture, cancel or acceptance is carried out later."""

    api_code = "gateway_unavailable"


class Busy(UseCaseError):
    """Too many requests changed one payment at once. The caller may repeat the request, with the same key."""

    api_code = "busy"
