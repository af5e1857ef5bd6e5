"""What a sweep does with one due row: ask the gateway about it, and set when it is due again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from payments.domain import disputing, refunding
from payments.domain.account import Account
from payments.domain.change import Change, unchanged
from payments.domain.event import Why
from payments.domain.ids import REFUND
from payments.domain.payment import Attempt, Payment
from payments.domain.refund import Refund
from payments.gateways.contract.errors import GatewayError
from payments.gateways.hearing import listening
from payments.store.contract.due import Due
from payments.store.contract.errors import NotFound, StoreError
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.disputes import sync_dispute
from payments.usecases.errors import why_of
from payments.usecases.parts import Parts
from payments.usecases.sync import sync_attempt, sync_refund
from payments.usecases.webhook import apply_delivery, give_up

GAUGES = ("PendingOver30Min", "InProgressOver5Days", "RefundOver24Hours", "DisputeDueSoon")
_BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15))
_PENDING_ALARM = timedelta(minutes=30)
_IN_PROGRESS_ALARM = timedelta(days=5)  # A bank debit takes four days, and India reverses by the fifth.
_REFUND_ALARM = timedelta(hours=24)
_WHY = Why("system", "sweep")


Gauge = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Swept:
    """What came of one row, and the metrics that it adds 1 to."""

    due: Due
    outcome: str  # open | waiting | recovered | failed | delivery …
    heard: Mapping[str, bool]  # Of each gateway that was called: whether it answered every call.
    gauges: tuple[str, ...] = ()


def sweep_row(due: Due, parts: Parts) -> Swept:
    """Handle a row. One that cannot be handled is due again later, at growing intervals."""
    gauges: list[str] = []
    with listening() as heard:
        outcome = _handled(due, parts, gauges.append)
    return Swept(due, outcome, heard, tuple(gauges))


def _handled(due: Due, parts: Parts, gauge: Gauge) -> str:
    try:
        return _HANDLERS[due.kind](due, parts, gauge)
    except Exception as failure:  # noqa: BLE001  Whatever one row holds, the sweep goes on: it is the guarantee.
        facts = {
            "gateway": due.gateway,
            "kind": due.kind,
            "subject_id": due.subject_id,
            "error": type(failure).__name__,
        }
        parts.note("sweep.failed", level="WARNING", **facts, why=why_of(failure))
        _write(due, lambda: parts.store.back_off(due, _BACK_OFF, parts.clock.now()), parts)
        return "failed"


def _defer(due: Due, at: datetime | None, parts: Parts) -> None:
    _write(due, lambda: parts.store.defer(due, at), parts)


def _write(due: Due, write: Callable[[], None], parts: Parts) -> None:
    try:
        write()
    except StoreError as failure:
        facts = {"subject_id": due.subject_id, "error": type(failure).__name__, "why": why_of(failure)}
        parts.note("sweep.undeferred", level="WARNING", **facts)


def _payment(due: Due, parts: Parts, gauge: Gauge) -> str:
    context = parts.context(due.workspace_id, _WHY)
    payment = before = context.store.get_payment(due.stream_id)
    _gauge_payment(before, parts, gauge)
    failure: GatewayError | StoreError | None = None
    for attempt in reversed(before.attempts):  # The live one first: an older one that errs must not hide it.
        try:
            payment = _checked(payment, attempt, context)
        except (GatewayError, StoreError) as silence:
            failure = silence
    if failure:
        raise failure
    if payment.due_at == due.due_at:
        _defer(due, payment.next_due(parts.clock.now()), parts)
    return "open" if payment.version == before.version else "recovered"


def _checked(payment: Payment, attempt: Attempt, context: Context) -> Payment:
    if not (attempt.is_surplus and attempt.available):
        return sync_attempt(payment.id, attempt.id, context)[0]
    return _refund_again(payment, attempt.id, context)


def _refund_again(payment: Payment, attempt_id: str, context: Context) -> Payment:
    """Refund an excess capture again, under a new id, after its refund failed."""
    now = context.now()

    def decide(read: Payment) -> Change | None:
        if not read.attempt(attempt_id).available:
            return None
        return refunding.surplus_refunded(unchanged(read), attempt_id, context.parts.ids.new(REFUND, now), now)

    done = commit(context, lambda: context.store.get_payment(payment.id), decide, first=payment)
    return done.change.payment if done.change else done.state


def _gauge_payment(payment: Payment, parts: Parts, gauge: Gauge) -> None:
    """Count open payments by age. An authorization that waits for the merchant is not counted.

    Money under way is counted apart.
    """
    live, now = payment.live, parts.clock.now()
    if not live.status.is_open or live.is_held:
        return
    if live.in_progress_at:
        if now - live.in_progress_at > _IN_PROGRESS_ALARM:
            gauge("InProgressOver5Days")
    elif now - (live.capture_asked_at or live.created_at) > _PENDING_ALARM:
        gauge("PendingOver30Min")
        parts.note("payment.pending_long", workspace_id=payment.workspace_id, payment_id=payment.id)


def _refund(due: Due, parts: Parts, gauge: Gauge) -> str:
    context = parts.context(due.workspace_id, _WHY)
    payment, before = context.store.get_refunding(due.stream_id, due.subject_id)
    _gauge_refund(before, parts, gauge)
    refund, was_changed = sync_refund(due.stream_id, due.subject_id, context)
    if was_changed:
        return "recovered"
    one_at_a_time = parts.gateway(refund.account).has_one_refund_at_a_time
    is_waiting = refunding.waits_for_dispute(payment, refund) or not refunding.may_be_sent(
        payment, refund, one_at_a_time=one_at_a_time
    )
    _defer(due, refunding.next_look(refund, parts.clock.now(), is_waiting=is_waiting), parts)
    return "waiting" if is_waiting else "open"


def _gauge_refund(refund: Refund, parts: Parts, gauge: Gauge) -> None:
    if refund.status.is_open and parts.clock.now() - refund.created_at > _REFUND_ALARM:
        gauge("RefundOver24Hours")
        parts.note(
            "refund.open_long", workspace_id=refund.workspace_id, payment_id=refund.payment_id, refund_id=refund.id
        )


def _dispute(due: Due, parts: Parts, gauge: Gauge) -> str:
    before = parts.store.within(due.workspace_id).get_dispute(due.subject_id)
    if disputing.is_due_soon(before, parts.clock.now()):
        gauge("DisputeDueSoon")
        parts.note(
            "dispute.due_soon", workspace_id=before.workspace_id, payment_id=before.payment_id, subject_id=before.id
        )
    dispute, was_changed = sync_dispute(before.account, before.ref, _WHY, parts)
    if was_changed and dispute:
        return "recovered"
    _defer(due, disputing.next_check(dispute or before, parts.clock.now()), parts)
    return "open"


def _delivery(due: Due, parts: Parts, gauge: Gauge) -> str:
    try:
        delivery = parts.store.get_delivery(Account.of(due.stream_id), due.subject_id)
    except NotFound:
        _defer(due, None, parts)
        return "delivery gone"
    try:
        return f"delivery {apply_delivery(delivery, parts)}"
    except GatewayError:
        give_up(delivery, parts)
        raise


_HANDLERS: dict[str, Callable[[Due, Parts, Gauge], str]] = {
    "payment": _payment,
    "refund": _refund,
    "dispute": _dispute,
    "delivery": _delivery,
}
