"""How the sweep checks a payment that is due."""

from __future__ import annotations

from datetime import timedelta

from payments.domain.change import Change, unchanged
from payments.domain.records.payment import Attempt, Payment
from payments.domain.rules import refunding
from payments.domain.values.ids import REFUND
from payments.gateways.contract.errors import GatewayError
from payments.store.contract.due import Due
from payments.store.contract.errors import StoreError
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.due_kinds import WHY, AddOne, DueKind, defer
from payments.usecases.metrics import Metric
from payments.usecases.payment.sync import sync_attempt
from payments.usecases.ports import Ports

_PENDING_ALARM = timedelta(minutes=30)
_IN_PROGRESS_ALARM = timedelta(days=5)  # A bank debit takes four days, and India reverses by the fifth.


def _check_payment(due: Due, ports: Ports, add_one: AddOne) -> str:
    context = ports.context(due.workspace_id, WHY)
    payment = before = context.store.get_payment(due.stream_id)
    _count_if_open_long(before, ports, add_one)
    failure: GatewayError | StoreError | None = None
    for attempt in reversed(before.attempts):  # The current one first: its error is the one raised.
        try:
            payment = _check_attempt(payment, attempt, context)
        except (GatewayError, StoreError) as error:
            failure = failure or error
    if failure:
        raise failure
    if payment.due_at == due.due_at:
        defer(due, payment.next_due(ports.clock.now()), ports)
    return "open" if payment.version == before.version else "recovered"


def _check_attempt(payment: Payment, attempt: Attempt, context: Context) -> Payment:
    if not (attempt.is_excess and attempt.available_minor):
        return sync_attempt(payment.id, attempt.id, context)[0]
    return _refund_again(payment, attempt.id, context)


def _refund_again(payment: Payment, attempt_id: str, context: Context) -> Payment:
    """Refund an excess capture again, under a new id, after its refund failed."""
    now = context.now()

    def decide(read: Payment) -> Change | None:
        if not read.attempt(attempt_id).available_minor:
            return None
        return refunding.excess_refunded(unchanged(read), attempt_id, context.ports.ids.new(REFUND, now), now)

    done = commit(context, lambda: context.store.get_payment(payment.id), decide, first=payment)
    return done.change.payment if done.change else done.state


def _count_if_open_long(payment: Payment, ports: Ports, add_one: AddOne) -> None:
    """Count a payment that is open too long, in a metric of its own if it is in progress.

    An authorization that waits for the merchant is not counted.
    """
    live, now = payment.current, ports.clock.now()
    if not live.status.is_open or live.awaits_capture:
        return
    if live.in_progress_at:
        if now - live.in_progress_at > _IN_PROGRESS_ALARM:
            add_one(Metric.IN_PROGRESS_OVER_5_DAYS)
    elif now - (live.capture_requested_at or live.created_at) > _PENDING_ALARM:
        add_one(Metric.PENDING_OVER_30_MIN)
        ports.note("payment.pending_long", workspace_id=payment.workspace_id, payment_id=payment.id)


PAYMENTS = DueKind("payment", _check_payment, (Metric.PENDING_OVER_30_MIN, Metric.IN_PROGRESS_OVER_5_DAYS))
