"""The sweep: the guarantee behind webhook and poll. It brings every open attempt, refund and delivery to its end.

Candidates come from the due index, page by page; each is decided on the base record. A row that was looked at moves
to its next due time, and a sweep that dies is resumed by the next one. Each sweep begins with another kind and shard,
so that none is always the last when time runs out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

from payments.domain import disputing, refunding
from payments.domain.change import Change, unchanged
from payments.domain.event import Why
from payments.domain.ids import REFUND
from payments.domain.payment import Attempt, Payment
from payments.domain.refund import Refund
from payments.gateways.contract import GatewayError
from payments.store.contract import SHARDS, Cursor, Due, NotFound, StoreError, WorkspaceStore
from payments.usecases.commit import commit
from payments.usecases.disputes import sync_dispute
from payments.usecases.errors import why_of
from payments.usecases.parts import Parts
from payments.usecases.sync import sync_attempt, sync_refund
from payments.usecases.webhook import apply_delivery, give_up

_PAGE = 25
_ROWS_MAX = 2_000  # Of one sweep: the next one goes on.
_LEASE_S = 70.0  # Longer than the function lives.
_RESERVE_S = 5.0  # Of the invocation's time, to report in.
_RETRY_AFTER = timedelta(seconds=60)
_PENDING_ALARM = timedelta(minutes=30)
_IN_PROGRESS_ALARM = timedelta(days=5)  # A bank debit takes four days, and India reverses by the fifth.
_REFUND_ALARM = timedelta(hours=24)
_WHY = Why("system", "sweep")
_SUBJECTS = ("delivery", "payment", "refund", "dispute")
_GAUGES = ("PendingOver30Min", "InProgressOver5Days", "RefundOver24Hours", "DisputeDueSoon")

Report = dict[str, object]
T = TypeVar("T")


def sweep(parts: Parts) -> Report:
    """{"checked", "recovered", "failed", "complete"}; or {"skipped"} while another sweep is at work."""
    started_at = parts.clock.now()
    owner = parts.ids.token("")[:16]
    fence = parts.store.take_job_lease("sweep", owner, started_at, started_at + parts.clock.lasting(_LEASE_S))
    if fence is None:
        return {"skipped": "another sweep holds the lease"}
    counts: Counter[str] = Counter()
    try:
        for due in _candidates(started_at, fence, parts):
            counts["checked"] += 1
            counts[_handled(due, parts, counts)] += 1
    finally:
        parts.store.end_job_lease("sweep", fence)
    for gauge in _GAUGES:
        parts.count(gauge, counts[gauge])
    parts.count("SweepCompleted", 1)
    is_complete = counts["checked"] < _ROWS_MAX and parts.time_left() > _RESERVE_S
    report: Report = {name: counts[name] for name in ("checked", "recovered", "failed")}
    return report | {"complete": is_complete}


def _candidates(before: datetime, fence: int, parts: Parts) -> Iterator[Due]:
    """Due rows of every index and shard, while time and lease last; each at most once."""
    seen: set[tuple[str, str]] = set()
    for rows in _pages(before, fence, parts):
        until = parts.clock.now() + parts.clock.lasting(_LEASE_S)
        if rows and not parts.store.renew_job_lease("sweep", fence, until):
            return  # A newer sweep runs: this one is the stale one.
        for row in rows:
            if parts.time_left() < _RESERVE_S or len(seen) >= _ROWS_MAX:
                return
            if (row.subject, row.subject_id) not in seen:
                seen.add((row.subject, row.subject_id))
                yield row


def _pages(before: datetime, fence: int, parts: Parts) -> Iterator[list[Due]]:
    for subject in _turned(_SUBJECTS, fence):
        for shard in _turned(tuple(range(SHARDS)), fence):
            cursor: Cursor | None = None
            while True:
                try:
                    rows, cursor = parts.store.list_due(subject, shard, before, _PAGE, cursor)
                except StoreError as failure:
                    parts.note("sweep.unread", subject=subject, shard=shard, error=type(failure).__name__)
                    break
                yield list(rows)
                if cursor is None:
                    break


def _turned(items: tuple[T, ...], by: int) -> tuple[T, ...]:
    first = by % len(items)
    return items[first:] + items[:first]


def _handled(due: Due, parts: Parts, counts: Counter[str]) -> str:
    """What came of one row. A row that cannot be handled moves on too: it must not stand before the others."""
    try:
        return _HANDLERS[due.subject](due, parts, counts)
    except Exception as failure:  # noqa: BLE001  Whatever one row holds, the sweep goes on: it is the guarantee.
        facts = {"subject": due.subject, "subject_id": due.subject_id, "error": type(failure).__name__}
        parts.note("sweep.failed", level="WARNING", **facts, why=why_of(failure))
        _defer(due, parts.clock.now() + _RETRY_AFTER, parts)
        return "failed"


def _defer(due: Due, at: datetime | None, parts: Parts) -> None:
    try:
        parts.store.defer(due, at)
    except StoreError as failure:
        parts.note("sweep.undeferred", subject_id=due.subject_id, error=type(failure).__name__)


def _payment(due: Due, parts: Parts, counts: Counter[str]) -> str:
    store = parts.store.within(due.workspace_id)
    payment = before = store.get_payment(due.payment_id)
    _gauge_payment(before, parts, counts)
    failure: GatewayError | StoreError | None = None
    for attempt in reversed(before.attempts):  # The live one first: an older one that errs must not hide it.
        try:
            payment = _looked(store, payment, attempt, parts)
        except (GatewayError, StoreError) as silence:
            failure = silence
    if failure:
        raise failure
    if payment.due_at == due.due_at:
        _defer(due, payment.next_due(parts.clock.now()), parts)
    return "open" if payment.version == before.version else "recovered"


def _looked(store: WorkspaceStore, payment: Payment, attempt: Attempt, parts: Parts) -> Payment:
    if not (attempt.is_surplus and attempt.available):
        return sync_attempt(store, payment.id, attempt.id, _WHY, parts)[0]
    return _refund_again(store, payment, attempt.id, parts)


def _refund_again(store: WorkspaceStore, payment: Payment, attempt_id: str, parts: Parts) -> Payment:
    """Refund an excess capture again, under a new id, after its refund failed."""
    now = parts.clock.now()

    def decide(read: Payment) -> Change | None:
        if not read.attempt(attempt_id).available:
            return None
        return refunding.surplus_refunded(unchanged(read), attempt_id, parts.ids.new(REFUND, now), now)

    done = commit(store, parts, lambda: store.get_payment(payment.id), decide, first=payment)
    return done.change.payment if done.change else done.state


def _gauge_payment(payment: Payment, parts: Parts, counts: Counter[str]) -> None:
    """Count open payments by age. An authorization that waits for the merchant is not counted.

    Money under way is counted apart.
    """
    live, now = payment.live, parts.clock.now()
    if not live.status.is_open or live.is_held:
        return
    if live.in_progress_at:
        counts["InProgressOver5Days"] += now - live.in_progress_at > _IN_PROGRESS_ALARM
    elif now - (live.capture_asked_at or live.created_at) > _PENDING_ALARM:
        counts["PendingOver30Min"] += 1
        parts.note("payment.pending_long", workspace_id=payment.workspace_id, payment_id=payment.id)


def _refund(due: Due, parts: Parts, counts: Counter[str]) -> str:
    store = parts.store.within(due.workspace_id)
    payment, before = store.get_refunding(due.payment_id, due.subject_id)
    _gauge_refund(before, parts, counts)
    refund, was_changed = sync_refund(store, due.payment_id, due.subject_id, _WHY, parts)
    if was_changed:
        return "recovered"
    one_at_a_time = parts.gateway(refund.gateway).has_one_refund_at_a_time
    is_waiting = not refunding.may_be_sent(payment, refund, one_at_a_time=one_at_a_time)
    _defer(due, refunding.next_look(refund, parts.clock.now(), is_waiting=is_waiting), parts)
    return "open"


def _gauge_refund(refund: Refund, parts: Parts, counts: Counter[str]) -> None:
    if refund.status.is_open and parts.clock.now() - refund.created_at > _REFUND_ALARM:
        counts["RefundOver24Hours"] += 1
        parts.note(
            "refund.open_long", workspace_id=refund.workspace_id, payment_id=refund.payment_id, refund_id=refund.id
        )


def _dispute(due: Due, parts: Parts, counts: Counter[str]) -> str:
    before = parts.store.within(due.workspace_id).get_dispute(due.subject_id)
    if disputing.is_due_soon(before, parts.clock.now()):
        counts["DisputeDueSoon"] += 1
        parts.note(
            "dispute.due_soon", workspace_id=before.workspace_id, payment_id=before.payment_id, subject_id=before.id
        )
    dispute, was_changed = sync_dispute(before.gateway, before.ref, _WHY, parts)
    if was_changed and dispute:
        return "recovered"
    _defer(due, disputing.next_check(dispute or before, parts.clock.now()), parts)
    return "open"


def _delivery(due: Due, parts: Parts, counts: Counter[str]) -> str:
    try:
        delivery = parts.store.get_delivery(due.gateway, due.subject_id)
    except NotFound:
        _defer(due, None, parts)
        return "open"
    try:
        return f"delivery {apply_delivery(delivery, parts)}"
    except GatewayError:
        if give_up(delivery, parts):
            return "open"
        raise


_HANDLERS: dict[str, Callable[[Due, Parts, Counter[str]], str]] = {
    "payment": _payment,
    "refund": _refund,
    "dispute": _dispute,
    "delivery": _delivery,
}
