"""What a use case may answer instead of a result. The edge has one table from these to HTTP."""

from __future__ import annotations

import re

from payments.domain.payment import Payment
from payments.domain.status import Failure, FailureCode
from payments.gateways.contract import GatewayError
from payments.store.contract import StoreRejected, StoreUnavailable

_CODES = re.compile("[A-Za-z]+(?:[,:]? [A-Za-z]+){0,9}")  # Also the few words of our own.


class UseCaseError(Exception):
    """`details` goes to the caller as it is: nothing secret, nothing personal."""

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


class RefundNotFound(UseCaseError):
    pass


class ReportNotFound(UseCaseError):
    pass


class CaseNotFound(UseCaseError):
    pass


class DuplicateOrder(UseCaseError):
    """The order has a payment already; details: payment_id."""


class KeyReused(UseCaseError):
    """The same Idempotency-Key with another body."""


class InProgress(UseCaseError):
    """The same request is being worked on; details: retry_after_s."""


class OutcomePending(UseCaseError):
    """The gateway's answer was lost; the payment exists and is pending; details: payment_id."""


class InvalidState(UseCaseError):
    """The payment's state does not allow this."""


class RefundExceedsPayment(UseCaseError):
    """details: available."""


class RefundCurrencyMismatch(UseCaseError):
    """details: currency."""


class RefundBelowMinimum(UseCaseError):
    """details: minimum."""


class RefundWindowExpired(UseCaseError):
    pass


class GatewayNotEligible(UseCaseError):
    """Country, currency or method rule the gateway out; details: gateways that may, currency, country."""


class OutcomeNotAllowed(UseCaseError):
    """The case has no such outcome, or it needs more; details: outcomes."""


class DecisionNotPossible(UseCaseError):
    """What the gateway proves contradicts the outcome."""


class CaseChanged(UseCaseError):
    """The gateway now reports something else than the case shows; details: note."""


class ApprovalNotFound(UseCaseError):
    pass


class ApprovalNotAllowed(UseCaseError):
    """It has lapsed, was answered, or the caller is the requester; details: state."""


class DisputeNotFound(UseCaseError):
    pass


class DisputeOpen(UseCaseError):
    """A chargeback is open; details: respond_by."""


class UnsupportedByGateway(UseCaseError):
    """The payment's gateway cannot do this."""


class CaptureExceedsHold(UseCaseError):
    """details: capturable, currency."""


class ProofRefused(UseCaseError):
    """What the payer's browser brought proves nothing."""


class AmountOffStep(UseCaseError):
    """The gateway takes multiples of `step` minor units only; details: step."""


class AmountBelowMinimum(UseCaseError):
    """details: minimum."""


class UnknownGateway(UseCaseError):
    """details: gateways."""


class GatewayRefused(UseCaseError):
    """The gateway refused our request as such; details: gateway_code, gateway_message (for staff)."""


class GatewayDown(UseCaseError):
    """The gateway gave no usable answer. A stored capture, cancel or acceptance is carried out later."""


class Busy(UseCaseError):
    """Too many writers at one payment at once; the same request may be repeated, with the same key."""
