"""Capture an authorized payment. The request is stored before the gateway is called."""

from __future__ import annotations

from dataclasses import replace

from payments.domain.change import Change
from payments.domain.records.payment import Attempt, Payment
from payments.domain.rules import transitions
from payments.domain.values.clock import to_text
from payments.domain.values.status import Status
from payments.gateways.contract.errors import GatewayError
from payments.gateways.contract.payments import CanCapture
from payments.usecases.context import Context
from payments.usecases.errors import CaptureExceedsAuthorized, InvalidState, UnsupportedByGateway
from payments.usecases.gateway.routing import off_step_error
from payments.usecases.payment.intent import (
    capture_pending_error,
    refusal_error,
    require_attempt,
    save_intent,
    settles_at,
)
from payments.usecases.payment.refresh import check_payment
from payments.usecases.ports import Ports


def capture_payment(payment_id: str, minor: int | None, context: Context) -> Payment:
    """Capture `minor` units of the authorization, None for all, and return the payment.

    A repeated call captures nothing twice.

    Raises:
        PaymentNotFound, InvalidState, CaptureExceedsAuthorized, UnsupportedByGateway: nothing was done.
        InvalidState: also if the authorization has ended; nothing was captured.
        OutcomePending, GatewayDown: the request is stored, and the system sends it again.
        Busy: the caller may repeat the request. If it was stored already, the system sends it.
        GatewayRefused: nothing was captured. The same amount may be requested at once, another one after `SETTLE`.
    """
    payment = save_intent(payment_id, lambda found: _capture_requested(found, minor, context), context)
    payment, answer = check_payment(payment, context)
    attempt = payment.current
    if attempt.status.is_dead and not payment.winning_attempt_id:
        raise _ended_error(payment, attempt, "nothing was captured: the authorization has ended")
    if attempt.status is Status.AUTHORIZED and _is_still_authorized(attempt, context.ports):
        raise refusal_error(
            "the gateway refused to capture, and the money is still authorized; send the same amount again now, or "
            "another amount or a cancellation after settled_at",
            payment,
            answer.capture_refusal if answer else None,
            settles_at(attempt),
        )
    return payment


def _ended_error(payment: Payment, attempt: Attempt, message: str) -> InvalidState:
    failure = attempt.failure.code if attempt.failure else None
    return InvalidState(message, status=payment.status, failure=failure)


def _is_still_authorized(attempt: Attempt, ports: Ports) -> bool:
    """Whether the gateway still reports the money as authorized. Otherwise it has not decided about the capture yet."""
    try:
        return ports.gateway(attempt.account).fetch_payment(attempt).status is Status.AUTHORIZED
    except GatewayError:
        return False


def _capture_requested(payment: Payment, minor: int | None, context: Context) -> Change | None:
    attempt = require_attempt(payment)
    wanted = attempt.amount.minor if minor is None else minor
    if attempt.status is Status.COMPLETED:
        if wanted == attempt.captured_minor:
            return None
        amount = f"{attempt.captured_minor} {attempt.amount.currency} (minor units)"
        rest = ", and the rest was released" if attempt.captured_minor < attempt.amount.minor else ""
        raise InvalidState(
            f"{amount} were captured{rest}: nothing is left to capture; read the payment", status=payment.status
        )
    if attempt.status.is_dead:
        raise _ended_error(payment, attempt, "only an authorized payment can be captured, and this one has ended")
    if attempt.status is not Status.AUTHORIZED:
        raise InvalidState("only an authorized payment can be captured: read its status", status=payment.status)
    if attempt.is_cancelling:
        until = to_text(settles_at(attempt))
        raise InvalidState(
            f"the payment is being cancelled: capture after {until} if it is still authorized",
            status=payment.status,
            settled_at=until,
        )
    if attempt.capture_requested_minor == wanted:
        return None
    if attempt.capture_requested_minor:
        raise capture_pending_error(payment, attempt)
    _refuse_capture(attempt, wanted, context.ports)
    return transitions.capture_requested(payment, attempt, wanted, context.why, context.now())


def _refuse_capture(attempt: Attempt, wanted: int, ports: Ports) -> None:
    gateway, authorized = ports.gateway(attempt.account), attempt.amount
    if not isinstance(gateway, CanCapture):
        raise UnsupportedByGateway(f"{gateway.name} captures at once: send no capture")
    if wanted > authorized.minor:
        raise CaptureExceedsAuthorized(
            f"send an amount of at most {authorized.minor} {authorized.currency} (minor units), which are authorized",
            capturable=authorized.minor,
            currency=authorized.currency,
        )
    if off := off_step_error(gateway.name, replace(authorized, minor=wanted)):
        raise off
    if wanted < authorized.minor and not gateway.has_partial_capture:
        raise UnsupportedByGateway(f"{gateway.name} captures all or nothing: leave amount out")
