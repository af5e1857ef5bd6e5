"""Save a change: read, decide, and write in one transaction. If another writer was first, do all of it again.

Every change is saved here. After the transaction each event is counted and logged.
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
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports

TRIES = 12  # With several writers at one payment, one succeeds in each round.
_JITTER_S = (0.025, 0.4)

_METRICS = {
    "payment.created": Metric.PAYMENT_CREATED,
    "attempt.completed": Metric.PAYMENT_COMPLETED,
    "attempt.failed": Metric.PAYMENT_FAILED,
    "attempt.cancelled": Metric.PAYMENT_CANCELLED,
    "attempt.expired": Metric.PAYMENT_EXPIRED,
    "payment.under_review": Metric.AMOUNT_MISMATCH,
    "attempt.capture_denied": Metric.MONEY_REVERSED,
    "refund.imported": Metric.MONEY_REVERSED,
    "refund.returned": Metric.REFUND_RETURNED,
    "refund.completed": Metric.REFUND_COMPLETED,
    "refund.failed": Metric.REFUND_FAILED,
    "dispute.opened": Metric.DISPUTE_OPENED,
    "dispute.action_required": Metric.DISPUTE_OPENED,
    "dispute.lost": Metric.DISPUTE_LOST,
}

State = TypeVar("State")


@record
class Riders:
    """What the same transaction writes: a new claim, a claim with its answer, or a delivery that is applied."""

    opens: Claim | None = None
    closes: Claim | None = None
    handled: Delivery | None = None


@record
class Committed(Generic[State]):
    """What `commit` did. `state` was read for the decision; `change` was written, None where nothing changed."""

    state: State
    change: Change | None

    @property
    def written(self) -> Change:
        """The change, for callers whose decision always makes one. Raises ValueError if there is none."""
        if self.change is None:
            raise ValueError("nothing was decided")
        return self.change


def alone(change: Change) -> Riders:
    """No riders: the transaction writes only the change."""
    return Riders()


def commit(
    context: Context,
    read: Callable[[], State],
    decide: Callable[[State], Change | None],
    *,
    first: State | None = None,
    riders: Callable[[Change], Riders] = alone,
) -> Committed[State]:
    """Save the change that `decide` makes from the state that `read` returns.

    `first` is a state that was read already, for the first try. `decide` returns None if nothing changes.

    Raises:
        Conflict: other writers were first in every try.
        BrokenBooks: the change's counters contradicted each other in every try.
        StoreUnavailable: the change may have been written.
        Other StoreError, and what `read` and `decide` raise: nothing was written.
    """
    failure: StoreError = Conflict("too many writers at one payment")
    for turn in range(TRIES):
        state = first if first is not None and turn == 0 else read()
        change = decide(state)
        if change is None:
            return Committed(state, None)
        try:
            _save(change, riders(change), context)
        except (Conflict, BrokenBooks) as raced:  # Read one by one, records may be of different ages.
            failure = raced
            back_off(context.ports, turn)
        else:
            return Committed(state, change)
    raise failure


def _save(change: Change, riders: Riders, context: Context) -> None:
    context.store.save(change, opens=riders.opens, closes=riders.closes, handled=riders.handled)
    for each in (change, change.beside):
        if each:
            _count(each, context.ports)
            _log(each, context.ports)


def _count(change: Change, ports: Ports) -> None:
    """Count the change's events by kind, and the cases that it opens."""
    written_at = {event.at for event in change.events}  # A change of several steps has several times.
    for case in change.records:
        if not isinstance(case, Case) or case.kind is CaseKind.AUTHORIZATION_LAPSING:  # Routine: not counted.
            continue
        if case.opened_at in written_at and not case.decided_at:
            ports.count(Metric.CASE_OPENED, 1)
    for event in change.events:
        if metric := _METRICS.get(event.kind):
            ports.count(metric, 1)
        if event.kind == "attempt.completed" and change.payment.attempt(event.subject_id).is_late:
            ports.count(Metric.LATE_SUCCESS, 1)


def _log(change: Change, ports: Ports) -> None:
    """Log each event, with the payment of its transaction. That is so for an event of another stream, too."""
    for event in change.events:
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
    """Sleep for a random part of a time that grows with `turn`, so that writers do not collide again."""
    shortest_s, longest_s = _JITTER_S
    ports.clock.sleep(min(longest_s, shortest_s * 2**turn) * ports.ids.fraction())
