"""Saving a change and saying so: one metric and one log line per decision, after it is durable."""

from __future__ import annotations

from payments.domain.change import Change
from payments.gateways.contract import GatewayError
from payments.store.contract import Claim, Delivery, WorkspaceStore
from payments.usecases.parts import Parts

TRIES = 12  # Of a contended payment; each round somebody wins.
_JITTER_S = (0.025, 0.4)

_METRICS = {
    "payment.created": "PaymentCreated",
    "attempt.completed": "PaymentCompleted",
    "attempt.failed": "PaymentFailed",
    "attempt.cancelled": "PaymentFailed",
    "attempt.expired": "PaymentExpired",
    "payment.held": "AmountMismatch",
    "refund.completed": "RefundCompleted",
    "refund.failed": "RefundFailed",
}


def save(
    store: WorkspaceStore,
    change: Change,
    parts: Parts,
    *,
    opens: Claim | None = None,
    closes: Claim | None = None,
    handled: Delivery | None = None,
) -> None:
    """Raises what `WorkspaceStore.save` raises."""
    store.save(change, opens=opens, closes=closes, handled=handled)
    for event in change.events:
        if metric := _METRICS.get(event.kind):
            parts.count(metric, 1)
        if event.kind == "attempt.completed" and "late" in event.note:
            parts.count("LateSuccess", 1)
        parts.note(
            event.kind,
            workspace_id=change.payment.workspace_id,
            payment_id=event.payment_id,
            subject_id=event.subject_id,
            from_status=event.from_status,
            to_status=event.to_status,
            actor=event.actor,
            cause=event.cause,
        )


def note_failure(parts: Parts, failure: GatewayError, payment_id: str, subject_id: str) -> None:
    """Gateway errors say what was answered and what to mend; never what was asked."""
    parts.note(
        "gateway.failed",
        payment_id=payment_id,
        subject_id=subject_id,
        error=type(failure).__name__,
        gateway_code=failure.code,
        why=str(failure),
    )


def back_off(parts: Parts, turn: int) -> None:
    """Full jitter, so that those who collided do not collide again."""
    shortest_s, longest_s = _JITTER_S
    parts.clock.sleep(min(longest_s, shortest_s * 2**turn) * parts.ids.fraction())
