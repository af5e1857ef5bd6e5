"""Cancel a payment. The request is stored before the gateway is called."""

from __future__ import annotations

from payments.domain.change import Change
from payments.domain.records.payment import Payment
from payments.domain.rules import transitions
from payments.domain.values.status import Status
from payments.gateways.contract.payments import CanCancel
from payments.usecases.context import Context
from payments.usecases.errors import InvalidState, UnsupportedByGateway
from payments.usecases.payment.intent import (
    capture_pending_error,
    refusal_error,
    require_attempt,
    save_intent,
    settles_at,
)
from payments.usecases.payment.refresh import check_payment


def cancel_payment(payment_id: str, reason_text: str, context: Context) -> Payment:
    """Close the checkout or void the authorization, and return the payment. It may be paid, if the payer was faster.

    Raises:
        PaymentNotFound, InvalidState, UnsupportedByGateway: nothing was done.
        OutcomePending, GatewayDown: the request is stored, and the system sends it again.
        Busy: the caller may repeat the request. If it was stored already, the system sends it.
        GatewayRefused: nothing was voided. The system repeats the request for `SETTLE`; then the merchant may capture
            or cancel.
    """
    payment = save_intent(payment_id, lambda found: _cancel_requested(found, reason_text, context), context)
    payment, answer = check_payment(payment, context)
    refusal = answer.cancel_refusal if answer else None
    if refusal and payment.current.status is Status.AUTHORIZED:
        raise refusal_error(
            "the gateway refused to cancel, and the money is still authorized; it is asked again until settled_at: "
            "after that, cancel again or capture",
            payment,
            refusal,
            settles_at(payment.current),
        )
    return payment


def _cancel_requested(payment: Payment, reason_text: str, context: Context) -> Change | None:
    attempt = require_attempt(payment)
    if attempt.status is Status.CANCELLED or attempt.is_cancelling:
        return None
    if not attempt.status.is_open:
        advice = (
            "it is paid: refund it"
            if payment.winning_attempt
            else "nothing is authorized, so there is nothing to cancel"
        )
        raise InvalidState(f"this payment has ended; {advice}", status=payment.status)
    if attempt.capture_requested_minor:
        raise capture_pending_error(payment, attempt)
    gateway = context.ports.gateway(attempt.account)
    if not isinstance(gateway, CanCancel):
        raise UnsupportedByGateway(f"{gateway.name} cannot cancel: the checkout ends by itself at its expiry")
    return transitions.cancel_requested(payment, attempt, reason_text, context.why, context.now())
