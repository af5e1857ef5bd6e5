"""Imported refunds: what the gateway refunded in total, less our refunds, is booked as a refund of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.domain.change import Change, unchanged
from payments.domain.records.case import Case, CaseKind, Outcome
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import GATEWAY, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import importing
from payments.domain.values.ids import REFUND
from payments.domain.values.status import Status
from payments.gateways.contract.refunds import CanFindRefund
from payments.store.contract.deliveries import Delivery
from payments.store.contract.errors import NotFound
from payments.usecases.commit import Riders, commit
from payments.usecases.context import Context

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


def compare_returned(
    change: Change | None,
    payment: Payment,
    attempt_id: str,
    snapshot: Snapshot,
    context: Context,
) -> Change | None:
    """`change` with a refund for the part of `snapshot.returned` that our refunds do not explain; None if no change.

    If the totals differ, it reads our refunds and fetches them from the gateway.
    """
    payment = change.payment if change else payment
    attempt, total = payment.attempt(attempt_id), snapshot.returned
    if total is None or attempt.status is not Status.COMPLETED or payment.is_stuck:
        return change
    if total.currency != attempt.amount.currency or snapshot.ref not in ("", attempt.payment_ref):
        return change
    extra = total.minor - (attempt.refunded_minor - attempt.refunded_outside_minor) - attempt.unattributed_minor
    if extra < 0:
        return change or _record_returned_import(payment, attempt, -extra, context)
    if extra == 0:
        return change
    extra -= _sum_counted_there_alone(payment, attempt, context)
    return _import_refund(change or unchanged(payment), attempt_id, extra, context) if extra > 0 else change


def _record_returned_import(payment: Payment, attempt: Attempt, shortfall: int, context: Context) -> Change | None:
    """The gateway's total is lower than ours: imported or unattributed money came back, unless our refunds explain it.

    A refund of ours that came back is found by its own check.
    """
    refunds = [refund for refund in context.store.list_refunds(payment.id) if refund.attempt_id == attempt.id]
    gateway = context.ports.gateway(attempt.account)
    for refund in refunds:
        is_ours = refund.status is Status.COMPLETED and refund.actor != GATEWAY
        if is_ours and gateway.fetch_refund(refund, attempt).status.is_dead:
            shortfall -= refund.amount.minor
    why, at = Why(GATEWAY, "status"), context.now()
    if shortfall > 0 and attempt.unattributed_minor:
        fell = min(shortfall, attempt.unattributed_minor)
        return importing.unattributed_came_back(payment, attempt, fell, _open_case(context.store, payment), why, at)
    made_there = [one for one in refunds if one.actor == GATEWAY and one.status is Status.COMPLETED]
    back = _choose_import([one for one in made_there if not one.reason_text], shortfall)
    if back is None:
        return None
    if back.amount.minor > shortfall:
        return importing.import_returned_in_part(payment, back, shortfall, context.ports.ids.new(REFUND, at), why, at)
    return importing.import_returned(payment, back, why, at)


def _choose_import(imports: list[Refund], shortfall: int) -> Refund | None:
    """The imported refund that probably came back: one of the amount, or the largest below it.

    If all are larger, it is the smallest: one import may stand for several refunds that were found at once.
    """
    by_amount = sorted(imports, key=lambda one: one.amount.minor)
    fitting = [one for one in by_amount if one.amount.minor <= shortfall]
    return next(iter(fitting[-1:] or by_amount), None) if shortfall > 0 else None


def _sum_counted_there_alone(payment: Payment, attempt: Attempt, context: Context) -> int:
    """Minor units of our refunds that the gateway's total includes and our books do not, or not with this amount.

    An open refund counts if the gateway knows it, even if it failed there after the total was read. A refund that was
    not sent yet does not count. Of a refund with a contradicted amount, the difference counts.
    """
    gateway, minor = context.ports.gateway(attempt.account), 0
    for refund in context.store.list_refunds(payment.id):
        is_booked = refund.status is Status.COMPLETED and refund.decided != Outcome.REFUNDED_OUTSIDE
        if refund.attempt_id != attempt.id or refund.actor == GATEWAY or (is_booked and not refund.is_contradicted):
            continue
        found = gateway.fetch_refund(refund, attempt)
        if found.status in _IS_THERE or (refund.status.is_open and found.status is not Status.CREATED):
            minor += found.amount.minor if found.amount else refund.amount.minor
        minor -= refund.amount.minor if is_booked else 0
    return minor


_IS_THERE = (Status.PENDING, Status.PROCESSING, Status.COMPLETED)  # Not CREATED: the gateway does not know it.


def _import_refund(change: Change, attempt_id: str, extra: int, context: Context, ref: str = "") -> Change:
    attempt, at = change.payment.attempt(attempt_id), context.now()
    left = attempt.captured_minor - attempt.reserved_minor - attempt.refunded_minor - attempt.written_off_minor
    minor = min(extra, left)
    if minor > 0:
        change = importing.imported(change, attempt_id, context.ports.ids.new(REFUND, at), minor, at, ref)
    if extra <= minor:
        return change
    waiting = _minor_in_open_case(context.store, change)
    return importing.unattributed(change, attempt_id, extra - minor, at, waiting=waiting, ref=ref)


def _minor_in_open_case(store: WorkspaceStore, change: Change) -> int:
    """Minor units in the payment's open case of unattributed refunds; 0 if there is none."""
    case = _open_case(store, change.payment)
    return case.amount.minor if case and case.amount else 0


def _open_case(store: WorkspaceStore, payment: Payment) -> Case | None:
    """The payment's open case of unattributed refunds, or None."""
    try:
        case = store.get_case(f"{CaseKind.MONEY_RETURNED}:{payment.id}")
    except NotFound:
        return None
    return case if case.decided_at is None else None


class AwaitsDecisionError(Exception):
    """The payment is under review, and a person has to decide first."""


def sync_foreign_refund(where: tuple[str, str], ref: str, context: Context, handled: Delivery | None = None) -> bool:
    """Fetch a refund that was made at the gateway's dashboard, and book it. `where` is (payment_id, attempt_id).

    Returns whether anything was written, and with it `handled` marked as applied.

    Raises:
        AwaitsDecisionError: the payment is under review. The refund can be booked after the decision.
        NotFound: the attempt is not completed here.
        GatewayError, StoreError: nothing was written.
    """
    payment_id, attempt_id = where

    def decide(payment: Payment) -> Change | None:
        attempt = payment.attempt(attempt_id)
        gateway = context.ports.gateway(attempt.account)
        if not isinstance(gateway, CanFindRefund):
            return None
        if attempt.status is not Status.COMPLETED:
            raise AwaitsDecisionError(ref) if payment.is_stuck else NotFound(ref)
        found = gateway.fetch_foreign_refund(ref, attempt)
        if ref in attempt.foreign_refunds:
            return _record_return(payment, ref, found, context)
        if found.status is not Status.COMPLETED or found.amount is None:
            return None
        return _import_refund(unchanged(payment), attempt_id, found.amount.minor, context, ref)

    done = commit(
        context, lambda: context.store.get_payment(payment_id), decide, riders=lambda change: Riders(handled=handled)
    )
    return done.change is not None


def _record_return(payment: Payment, ref: str, found: Snapshot, context: Context) -> Change | None:
    """The gateway now reports an imported refund as failed: it came back. None if no such refund is booked."""
    booked = (one for one in context.store.list_refunds(payment.id) if one.refund_ref == ref and one.actor == GATEWAY)
    refund = next((one for one in booked if one.status is Status.COMPLETED), None)
    if refund is None or not found.status.is_dead:
        return None
    return importing.import_returned(payment, refund, Why(GATEWAY, "webhook"), context.now())
