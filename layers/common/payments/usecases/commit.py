"""The one way to save a change: read, decide, save in one transaction; again when another writer was first.

After the transaction each event is counted and logged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from payments.domain.change import Change
from payments.domain.records.case import Case, CaseKind
from payments.record import record
from payments.store.contract.claims import Claim
from payments.store.contract.deliveries import Delivery
from payments.store.contract.errors import BrokenBooks, Conflict, StoreError
from payments.usecases.context import Context
from payments.usecases.ports import Ports

TRIES = 12  # Of a contended payment; each round somebody wins.
_JITTER_S = (0.025, 0.4)

_METRICS = {
    "payment.created": "PaymentCreated",
    "attempt.completed": "PaymentCompleted",
    "attempt.failed": "PaymentFailed",
    "attempt.cancelled": "PaymentCancelled",
    "attempt.expired": "PaymentExpired",
    "payment.under_review": "AmountMismatch",
    "attempt.capture_denied": "MoneyReversed",
    "refund.imported": "MoneyReversed",
    "refund.returned": "RefundReturned",
    "refund.completed": "RefundCompleted",
    "refund.failed": "RefundFailed",
    "dispute.opened": "DisputeOpened",
    "dispute.action_required": "DisputeOpened",
    "dispute.lost": "DisputeLost",
}

State = TypeVar("State")


@record
class Riders:
    """What the transaction writes with the change: the claim or answer of an Idempotency-Key, the end of a delivery."""

    opens: Claim | None = None
    closes: Claim | None = None
    handled: Delivery | None = None


@record
class Committed(Generic[State]):
    """`state` is what the decision was made on; `change` is what was written, None where nothing changed."""

    state: State
    change: Change | None

    @property
    def written(self) -> Change:
        """The change, where the decision always makes one."""
        if self.change is None:
            raise ValueError("nothing was decided")
        return self.change


def alone(change: Change) -> Riders:
    """The transaction writes nothing but the change."""
    return Riders()


def commit(
    context: Context,
    read: Callable[[], State],
    decide: Callable[[State], Change | None],
    *,
    first: State | None = None,
    riders: Callable[[Change], Riders] = alone,
) -> Committed[State]:
    """Save the change that `decide` makes of the state that `read` returns. `first` is a state that was read already.

    Raises:
        Conflict: other writers were first too often.
        BrokenBooks: what was decided contradicts itself, however often it was read again.
        StoreError, and what `read` and `decide` raise: nothing was written, or nobody knows (StoreUnavailable).
    """
    failure: StoreError = Conflict("too many writers at one payment")
    for turn in range(TRIES):
        state = first if first is not None and turn == 0 else read()
        change = decide(state)
        if change is None:
            return Committed(state, None)
        try:
            _save(change, riders(change), context)
        except (Conflict, BrokenBooks) as raced:  # Records are read one after the other, so one may be older.
            failure = raced
            back_off(context.ports, turn)
        else:
            return Committed(state, change)
    raise failure


def _save(change: Change, riders: Riders, context: Context) -> None:
    context.store.save(change, opens=riders.opens, closes=riders.closes, handled=riders.handled)
    for each in (change, change.beside):
        if each:
            _tell(each, context.ports)


def _tell(change: Change, ports: Ports) -> None:
    written_at = {event.at for event in change.events}  # Several times, where it was decided in several steps.
    for case in change.records:
        if not isinstance(case, Case) or case.kind is CaseKind.AUTHORIZATION_LAPSING:  # It is routine.
            continue
        if case.opened_at in written_at and not case.decided_at:
            ports.count("CaseOpened", 1)
    for event in change.events:
        if metric := _METRICS.get(event.kind):
            ports.count(metric, 1)
        if event.kind == "attempt.completed" and change.payment.attempt(event.subject_id).is_late:
            ports.count("LateSuccess", 1)
        ports.note(
            event.kind,
            workspace_id=change.payment.workspace_id,
            payment_id=change.payment.id,
            subject_id=event.subject_id,
            from_status=event.from_status,
            to_status=event.to_status,
            actor=event.actor,
            cause=event.cause,
        )


def back_off(ports: Ports, turn: int) -> None:
    """Sleep for a random part of a growing time, so that writers that collided do not collide again."""
    shortest_s, longest_s = _JITTER_S
    ports.clock.sleep(min(longest_s, shortest_s * 2**turn) * ports.ids.fraction())
