"""What a use case may answer instead of a result. Each names its code in the API's table of errors."""

from __future__ import annotations

import re
from typing import ClassVar

from payments.domain.records.payment import Payment
from payments.domain.values.status import Failure, FailureCode
from payments.gateways.contract.errors import GatewayError
from payments.store.contract.errors import StoreRejected, StoreUnavailable

_CODES = re.compile("[A-Za-z]+(?:[,:]? [A-Za-z]+){0,9}")  # Also the few words of our own.


class UseCaseError(Exception):
    """`details` goes to the caller as it is: nothing secret, nothing personal. The API's `DETAILS` lists them all."""

    api_code: ClassVar[str] = "internal_error"  # In the API's table of errors.

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


def under_review(payment: Payment) -> InvalidState:
    message = "the payment is under review: decide its case first"
    return InvalidState(message, status=payment.status, review=payment.review_kind)


def refusal_of(error: GatewayError) -> Failure:
    """A refusal of our request, in the gateway's own words where it gave any."""
    return Failure(FailureCode.REJECTED, error.code, error.words or str(error))


def why_of(error: Exception) -> str:
    """For a log line. Of what the store raises only a code is shown: another text may quote a request."""
    is_code = isinstance(error, StoreUnavailable | StoreRejected) and _CODES.fullmatch(str(error))
    return str(error) if isinstance(error, GatewayError) or is_code else ""


class PaymentNotFound(UseCaseError):
    """Not there, or not yours: one answer."""

    api_code = "not_found"


class RefundNotFound(UseCaseError):
    api_code = "not_found"


class ReportNotFound(UseCaseError):
    api_code = "not_found"


class CaseNotFound(UseCaseError):
    api_code = "not_found"


class DuplicateOrder(UseCaseError):
    """The order has a payment already."""

    api_code = "duplicate_order"


class KeyReused(UseCaseError):
    """The same Idempotency-Key with another body."""

    api_code = "idempotency_key_reused"


class InProgress(UseCaseError):
    """The same request is being worked on."""

    api_code = "idempotency_in_progress"


class OutcomePending(UseCaseError):
    """The gateway's answer was lost; the payment exists and is pending."""

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
    """The case has no such outcome, or it needs more."""

    api_code = "outcome_not_allowed"


class DecisionNotPossible(UseCaseError):
    """What the gateway proves contradicts the outcome."""

    api_code = "decision_not_possible"


class CaseChanged(UseCaseError):
    """The gateway now reports something else than the case shows."""

    api_code = "case_changed"


class ApprovalNotFound(UseCaseError):
    api_code = "not_found"


class ApprovalNotAllowed(UseCaseError):
    """It has lapsed, was answered, or the caller is the requester."""

    api_code = "approval_not_open"


class DisputeNotFound(UseCaseError):
    api_code = "not_found"


class DisputeOpen(UseCaseError):
    """A chargeback is open."""

    api_code = "dispute_open"


class UnsupportedByGateway(UseCaseError):
    """The payment's gateway cannot do this."""

    api_code = "unsupported_by_gateway"


class CaptureExceedsAuthorized(UseCaseError):
    api_code = "capture_exceeds_authorized"


class ProofRefused(UseCaseError):
    """What the payer's browser brought proves nothing."""

    api_code = "proof_refused"


class AmountOffStep(UseCaseError):
    """The gateway takes multiples of `step` minor units only."""

    api_code = "invalid_amount"


class AmountBelowMinimum(UseCaseError):
    api_code = "invalid_amount"


class UnknownGateway(UseCaseError):
    api_code = "unknown_gateway"


class GatewayRefused(UseCaseError):
    """The gateway refused our request as such."""

    api_code = "gateway_error"


class GatewayDown(UseCaseError):
    """The gateway gave no usable answer. A stored capture, cancel or acceptance is carried out later."""

    api_code = "gateway_unavailable"


class Busy(UseCaseError):
    """Too many writers at one payment at once; the same request may be repeated, with the same key."""

    api_code = "busy"
