"""Capture or cancel a payment, or verify a payer's proof. A request is stored before the gateway is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from payments.domain.change import Change
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import transitions
from payments.domain.rules.advancing import SETTLE
from payments.domain.values.clock import to_text
from payments.domain.values.status import Failure, Status
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown
from payments.gateways.contract.payments import CanCancel, CanCapture, CanVerify
from payments.store.contract.errors import Conflict
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.errors import (
    Busy,
    CaptureExceedsAuthorized,
    GatewayDown,
    GatewayRefused,
    InvalidState,
    OutcomePending,
    ProofRefused,
    UnsupportedByGateway,
    under_review,
)
from payments.usecases.gateway.routing import off_step
from payments.usecases.payment.lookup import payment_of
from payments.usecases.payment.sync import sync_attempt
from payments.usecases.ports import Ports

Decide = Callable[[Payment], Change | None]


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
    payment = _save_intent(payment_id, lambda found: _capture_requested(found, minor, context), context)
    payment, answer = _sync(payment, context)
    attempt = payment.current
    if attempt.status.is_dead and not payment.winning_attempt_id:
        raise _has_ended(payment, attempt, "nothing was captured: the authorization has ended")
    if attempt.status is Status.AUTHORIZED and _is_still_authorized(attempt, context.ports):
        raise _refusal(
            "the gateway refused to capture, and the money is still authorized; send the same amount again now, or "
            "another amount or a cancellation after settled_at",
            payment,
            answer.capture_refusal if answer else None,
            _settles_at(attempt),
        )
    return payment


def _refusal(message: str, payment: Payment, refusal: Failure | None, settled_at: datetime) -> GatewayRefused:
    code, words = (refusal.gateway_code, refusal.message) if refusal else ("", "")
    settled = to_text(settled_at)
    return GatewayRefused(message, payment_id=payment.id, settled_at=settled, gateway_code=code, gateway_message=words)


def _has_ended(payment: Payment, attempt: Attempt, message: str) -> InvalidState:
    failure = attempt.failure.code if attempt.failure else None
    return InvalidState(message, status=payment.status, failure=failure)


def _settles_at(attempt: Attempt) -> datetime:
    """The time from which no earlier request to capture or to void can still arrive."""
    return (attempt.capture_requested_at or attempt.cancel_requested_at or attempt.sent_at) + SETTLE


def _is_still_authorized(attempt: Attempt, ports: Ports) -> bool:
    """Whether the gateway still reports the money as authorized. Otherwise it has not decided about the capture yet."""
    try:
        return ports.gateway(attempt.account).fetch_payment(attempt).status is Status.AUTHORIZED
    except GatewayError:
        return False


def cancel_payment(payment_id: str, reason_text: str, context: Context) -> Payment:
    """Close the checkout or void the authorization, and return the payment. It may be paid, if the payer was faster.

    Raises:
        PaymentNotFound, InvalidState, UnsupportedByGateway: nothing was done.
        OutcomePending, GatewayDown: the request is stored, and the system sends it again.
        Busy: the caller may repeat the request. If it was stored already, the system sends it.
        GatewayRefused: nothing was voided. The system repeats the request for `SETTLE`; then the merchant may capture
            or cancel.
    """
    payment = _save_intent(payment_id, lambda found: _cancel_requested(found, reason_text, context), context)
    payment, answer = _sync(payment, context)
    refusal = answer.cancel_refusal if answer else None
    if refusal and payment.current.status is Status.AUTHORIZED:
        raise _refusal(
            "the gateway refused to cancel, and the money is still authorized; it is asked again until settled_at: "
            "after that, cancel again or capture",
            payment,
            refusal,
            _settles_at(payment.current),
        )
    return payment


def verify_payment(payment_id: str, proof: Mapping[str, str], context: Context) -> Payment:
    """Check the proof that the gateway's script gave to the payer's browser, then sync and return the payment.

    At gateways whose scripts give no proof, none is checked.

    Raises:
        PaymentNotFound: nothing was done.
        ProofRefused: the proof is not valid for this attempt.
        GatewayDown: the gateway gave no usable answer.
    """
    payment = payment_of(context.store, payment_id)
    gateway = context.ports.gateway(payment.current.account)
    if isinstance(gateway, CanVerify) and not gateway.is_proved(payment.current, proof):
        raise ProofRefused("these values do not prove this payment: send what the gateway's script gave")
    return _sync(payment, context)[0]


def _save_intent(payment_id: str, decide: Decide, context: Context) -> Payment:
    """Store the request and return the payment. If another writer was first, decide again."""
    try:
        done = commit(context, lambda: payment_of(context.store, payment_id), decide)
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
    return done.change.payment if done.change else done.state


def _capture_requested(payment: Payment, minor: int | None, context: Context) -> Change | None:
    attempt = _movable(payment)
    wanted = attempt.amount.minor if minor is None else minor
    if attempt.status is Status.COMPLETED:
        if wanted == attempt.captured_minor:
            return None
        amount = f"{attempt.captured_minor} {attempt.amount.currency} (minor units)"
        rest = ", and the rest was released" if attempt.captured_minor < attempt.amount.minor else ""
        raise InvalidState(f"{amount} were captured{rest}: nothing is left to be captured", status=payment.status)
    if attempt.status.is_dead:
        raise _has_ended(payment, attempt, "only an authorized payment can be captured, and this one has ended")
    if attempt.status is not Status.AUTHORIZED:
        raise InvalidState("only an authorized payment can be captured", status=payment.status)
    if attempt.is_cancelling:
        until = to_text(_settles_at(attempt))
        raise InvalidState(
            f"the payment is being cancelled; that is settled by {until}", status=payment.status, settled_at=until
        )
    if attempt.capture_requested_minor == wanted:
        return None
    if attempt.capture_requested_minor:
        raise _under_way(payment, attempt)
    _refuse_capture(attempt, wanted, context.ports)
    return transitions.capture_requested(payment, attempt, wanted, context.why, context.now())


def _refuse_capture(attempt: Attempt, wanted: int, ports: Ports) -> None:
    gateway, authorized = ports.gateway(attempt.account), attempt.amount
    if not isinstance(gateway, CanCapture):
        raise UnsupportedByGateway(f"{gateway.name} takes the money at once")
    if wanted > authorized.minor:
        raise CaptureExceedsAuthorized(
            f"at most {authorized.minor} {authorized.currency} (minor units) are authorized",
            capturable=authorized.minor,
            currency=authorized.currency,
        )
    if off := off_step(gateway.name, replace(authorized, minor=wanted)):
        raise off
    if wanted < authorized.minor and not gateway.has_partial_capture:
        raise UnsupportedByGateway(f"{gateway.name} captures all or nothing: leave amount out")


def _under_way(payment: Payment, attempt: Attempt) -> InvalidState:
    amount, until = f"{attempt.capture_requested_minor} {attempt.amount.currency}", to_text(_settles_at(attempt))
    return InvalidState(
        f"a capture of {amount} (minor units) is under way; it is settled by {until}",
        status=payment.status,
        settled_at=until,
    )


def _cancel_requested(payment: Payment, reason_text: str, context: Context) -> Change | None:
    attempt = _movable(payment)
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
        raise _under_way(payment, attempt)
    gateway = context.ports.gateway(attempt.account)
    if not isinstance(gateway, CanCancel):
        raise UnsupportedByGateway(f"{gateway.name} cannot cancel: the checkout ends by itself at its expiry")
    return transitions.cancel_requested(payment, attempt, reason_text, context.why, context.now())


def _movable(payment: Payment) -> Attempt:
    if payment.is_stuck:
        raise under_review(payment)
    return payment.winning_attempt or payment.current


def _sync(payment: Payment, context: Context) -> tuple[Payment, Snapshot | None]:
    """The payment after a check, and the gateway's last answer; None if the current attempt has ended."""
    attempt, answers = payment.current, list[Snapshot]()
    if not attempt.status.is_open:
        return payment, None
    try:
        payment, _ = sync_attempt(payment.id, attempt.id, context, on_answer=answers.append)
        return payment, answers[-1] if answers else None
    except OutcomeUnknown as lost:
        raise OutcomePending(
            "the gateway's answer was lost, and the system asks again: read the payment later", payment_id=payment.id
        ) from lost
    except GatewayError as silence:
        message = "the gateway gave no usable answer; it is asked again"
        if silence.needs_person:
            message = "the gateway refuses the keys of this deployment: have them mended; it is asked again"
        raise GatewayDown(message, payment_id=payment.id) from silence
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
