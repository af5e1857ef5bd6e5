"""Follow-up calls after a status fetch: authorize an approved payment, capture an authorized one, or void one.

Each call has an idempotency key, so that a repeated call has no second effect. None is made while the snapshot
contradicts the books, or while the payment is under review.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, reviewing
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.errors import Rejected, Unsupported
from payments.gateways.contract.payments import CanAuthorize, CanCancel, CanCapture
from payments.usecases.context import Context
from payments.usecases.errors import refusal_of
from payments.usecases.payment.policies import get_late_success
from payments.usecases.ports import Ports

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway


def follow_up(payment: Payment, attempt: Attempt, snapshot: Snapshot, context: Context) -> Snapshot:
    """Make the follow-up calls that are due, and return the gateway's last answer, with a refusal if there was one.

    Raises:
        GatewayError, other than Rejected and Unsupported: a call was not answered.
    """
    is_contradicted = reviewing.contradiction(attempt, snapshot) is not None or payment.is_stuck
    if is_contradicted or attempt.status is Status.COMPLETED or not snapshot.status.is_open:
        return snapshot
    gateway = context.ports.gateway(attempt.account)
    if _is_unwanted(payment, attempt, snapshot, context.ports):
        is_settling = _cannot_be_voided(snapshot) and _may_be_captured(attempt, context.now())
        return snapshot if is_settling else _void(gateway, attempt, snapshot)
    if snapshot.is_approved and attempt.status.is_open and isinstance(gateway, CanAuthorize):
        snapshot, _ = _call(lambda: gateway.authorize_payment(attempt), snapshot)
    if snapshot.status is not Status.AUTHORIZED or not isinstance(gateway, CanCapture):
        return snapshot
    if not _is_to_be_captured(payment, attempt, context):
        is_over = attempt.status.is_dead
        return _void(gateway, attempt, snapshot) if is_over else snapshot
    amount = replace(attempt.amount, minor=attempt.capture_requested_minor or attempt.amount.minor)
    after, refusal = _call(lambda: gateway.capture_payment(attempt, amount), snapshot)
    return replace(after, capture_refusal=refusal_of(refusal) if refusal else None)


def _cannot_be_voided(snapshot: Snapshot) -> bool:
    """Whether the payer has approved, but there is no authorization yet that could be voided."""
    return snapshot.status is Status.AUTHORIZED and not snapshot.ref


def _may_be_captured(attempt: Attempt, now: datetime) -> bool:
    """Whether a call from before the cancellation may still arrive and capture the money."""
    return not attempt.terms.is_manual and _may_be_on_its_way(attempt.cancel_requested_at, now)


def _may_be_on_its_way(requested_at: datetime | None, now: datetime) -> bool:
    """Whether a call that was sent at `requested_at` may still arrive at the gateway."""
    return requested_at is not None and now <= requested_at + advancing.SETTLE


def _is_unwanted(payment: Payment, attempt: Attempt, snapshot: Snapshot, ports: Ports) -> bool:
    """Whether to void or close it: the merchant cancelled, it is overdue, or the order is paid or has a new payment."""
    is_late = payment.winning_attempt_id not in ("", attempt.id) or bool(payment.replaced_by)
    if attempt.status.is_dead:
        return False
    if attempt.capture_requested_minor:  # If the order is paid, wait until the capture request cannot arrive any more.
        return is_late and not _may_be_on_its_way(attempt.capture_requested_at, ports.clock.now())
    is_over = advancing.is_overdue(attempt, snapshot.status, ports.clock.now())
    is_abandoned = not snapshot.is_in_progress and snapshot.status is not Status.AUTHORIZED
    is_overdue = is_over and is_abandoned and attempt.status is not Status.CREATED
    return attempt.is_cancelling or is_overdue or is_late


def _void(gateway: Gateway, attempt: Attempt, snapshot: Snapshot) -> Snapshot:
    if not isinstance(gateway, CanCancel):
        return snapshot
    after, refusal = _call(lambda: gateway.cancel_payment(attempt), snapshot)
    if after.status is Status.CANCELLED and not attempt.is_cancelling:
        failure = Failure(FailureCode.EXPIRED, message="not completed by its expiry")
        after = replace(after, status=Status.EXPIRED, failure=failure)
    is_final = isinstance(refusal, Rejected) and not refusal.may_pass
    return replace(after, cancel_refusal=refusal_of(refusal) if refusal and is_final else None)


def _is_to_be_captured(payment: Payment, attempt: Attempt, context: Context) -> bool:
    if attempt.status.is_dead:
        policy = get_late_success(context)
        return advancing.may_capture_late(payment, attempt, policy, context.now())
    is_wanted = attempt.capture_requested_minor or not attempt.terms.is_manual
    return bool(is_wanted) and payment.winning_attempt_id in ("", attempt.id)


def _call(act: Callable[[], Snapshot], before: Snapshot) -> tuple[Snapshot, Rejected | Unsupported | None]:
    """The answer of `act` and None. If the gateway refused, the snapshot from before and the refusal."""
    try:
        return act(), None
    except (Rejected, Unsupported) as refusal:
        return before, refusal
