"""The merchant's request to capture or to cancel: it is stored before the gateway is called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from payments.domain.change import Change
from payments.domain.records.payment import Attempt, Payment
from payments.domain.rules.advancing import SETTLE
from payments.domain.values.clock import to_text
from payments.domain.values.status import Failure
from payments.store.contract.errors import Conflict
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.errors import Busy, GatewayRefused, InvalidState, under_review_error
from payments.usecases.payment.lookup import payment_of

Decide = Callable[[Payment], Change | None]


def save_intent(payment_id: str, decide: Decide, context: Context) -> Payment:
    """Store the request and return the payment. If another writer was first, decide again."""
    try:
        done = commit(context, lambda: payment_of(context.store, payment_id), decide)
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
    return done.change.payment if done.change else done.state


def require_attempt(payment: Payment) -> Attempt:
    """The attempt to capture or to cancel. Raises InvalidState while the payment is under review."""
    if payment.is_stuck:
        raise under_review_error(payment)
    return payment.winning_attempt or payment.current


def capture_pending_error(payment: Payment, attempt: Attempt) -> InvalidState:
    """The error while an earlier capture request is not settled."""
    amount, until = f"{attempt.capture_requested_minor} {attempt.amount.currency}", to_text(settles_at(attempt))
    return InvalidState(
        f"a capture of {amount} (minor units) is under way: send that amount again, or another request after {until}",
        status=payment.status,
        settled_at=until,
    )


def refusal_error(message: str, payment: Payment, refusal: Failure | None, settled_at: datetime) -> GatewayRefused:
    """The error for a request that the gateway refused. Another request is allowed from `settled_at` on."""
    code, words = (refusal.gateway_code, refusal.message) if refusal else ("", "")
    settled = to_text(settled_at)
    return GatewayRefused(message, payment_id=payment.id, settled_at=settled, gateway_code=code, gateway_message=words)


def settles_at(attempt: Attempt) -> datetime:
    """The time from which no earlier request to capture or to void can still arrive."""
    return (attempt.capture_requested_at or attempt.cancel_requested_at or attempt.sent_at) + SETTLE
