"""Sync: ask the gateway about a refund and save the outcome. Webhook, sweep and API all use it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payments.domain.change import Change
from payments.domain.records.case import CaseKind
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import SYSTEM, Refund
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, refunding
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable
from payments.store.contract.deliveries import Delivery
from payments.store.contract.errors import Conflict, NotFound
from payments.usecases.commit import TRIES, Riders, commit
from payments.usecases.context import Context
from payments.usecases.errors import refusal_of
from payments.usecases.ports import Ports

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway


FIRST_SENDING = timedelta(seconds=55)  # So long only the first request sends a refund.


def sync_refund(
    payment_id: str, refund_id: str, context: Context, handled: Delivery | None = None
) -> tuple[Refund, bool]:
    """Ask the gateway about the refund, send it if the gateway does not know it, and save the outcome.

    Returns the refund, and whether the delivery `handled` was marked as applied with it. Raises as `sync_attempt`.
    """
    hint = handled.subject_ref if handled else ""
    for _ in range(TRIES):
        done = commit(
            context,
            lambda: context.store.get_refunding(payment_id, refund_id),
            lambda read: end_excess_case(fetch_and_decide_refund(*read, context, hint=hint), context),
            riders=lambda change: Riders(handled=handled),
        )
        refund = done.state[1]
        moved = done.change.refund if done.change else None
        if moved is None:
            return refund, False
        if moved.status is not refund.status or moved.is_contradicted:
            return moved, True
        # The refund got its turn at the gateway: now it may be sent.
    raise Conflict("the refund's slot was lost again and again")


def fetch_and_decide_refund(
    payment: Payment, refund: Refund, context: Context, *, may_send: bool = True, hint: str = ""
) -> Change | None:
    """The change for a refund: its turn at the gateway, or the gateway's report. Sends it only if `may_send`.

    `hint` is the `subject_ref` of the webhook, "" for none.
    """
    gateway, at = context.ports.gateway(refund.account), context.now()
    if refund.status.is_open and not refunding.may_be_sent(
        payment, refund, one_at_a_time=gateway.has_one_refund_at_a_time
    ):
        return refunding.took_slot(payment, refund, context.why, at)
    attempt = payment.attempt(refund.attempt_id)
    snapshot = mark_refund(_fetch_refund(gateway, refund, attempt, hint), refund, gateway)
    if snapshot.status is Status.CREATED and refund.status is Status.CREATED and may_send:
        snapshot = _send_unless_disputed(payment, refund, context.ports)
    return refunding.advance_refund(payment, refund, snapshot, context.why, context.now())


def end_excess_case(change: Change | None, context: Context) -> Change | None:
    """The change that also ends the case of a failed excess refund, once all excess captures are refunded."""
    refund = change.refund if change else None
    if change is None or refund is None or refund.actor != SYSTEM or refund.status is not Status.COMPLETED:
        return change
    if any(one.is_excess and (one.available_minor or one.reserved_minor) for one in change.payment.attempts):
        return change
    try:
        case = context.store.get_case(f"{CaseKind.EXCESS_REFUND_FAILED}:{change.payment.id}")
    except NotFound:
        return change
    if case.decided_at:
        return change
    note, now = f"{refund.id} is completed", context.now()
    ended = replace(case, decided_at=now, decided_by=SYSTEM, outcome="ended", decision_note=note)
    return replace(change, records=(*change.records, ended))


def _fetch_refund(gateway: Gateway, refund: Refund, attempt: Attempt, hint: str) -> Snapshot:
    """Fetch the refund by the webhook's ref if that refund has our id; else fetch it as usual."""
    if hint and not refund.refund_ref:
        with suppress(Rejected):
            named = gateway.fetch_refund(replace(refund, refund_ref=hint), attempt)
            if named.subject_id == refund.id:
                return named
    return gateway.fetch_refund(refund, attempt)


def _send_unless_disputed(payment: Payment, refund: Refund, ports: Ports) -> Snapshot:
    """Send the refund, unless a chargeback is open or a lost dispute took the money."""
    is_settled = ports.clock.now() - refund.created_at > advancing.SETTLE
    if refunding.is_lost_to_dispute(payment, refund) and is_settled:
        return Snapshot(Status.FAILED, failure=Failure(FailureCode.REJECTED, message="a dispute took the money"))
    if refunding.waits_for_dispute(payment, refund) or refunding.is_lost_to_dispute(payment, refund):
        return Snapshot(Status.CREATED)
    return send_refund(refund, payment.attempt(refund.attempt_id), ports)


def send_refund(refund: Refund, attempt: Attempt, ports: Ports) -> Snapshot:
    """Request the refund by its id. It fails only if the gateway refuses; without an answer it stays open."""
    gateway = ports.gateway(refund.account)
    try:
        return mark_refund(gateway.create_refund(refund, attempt), refund, gateway)
    except Rejected as refusal:
        return _resolve_refused_refund(refund, attempt, refusal, ports)
    except (OutcomeUnknown, Unavailable):
        return Snapshot(Status.CREATED)


def _resolve_refused_refund(refund: Refund, attempt: Attempt, refusal: Rejected, ports: Ports) -> Snapshot:
    """The refund after a refused call. Another call may have just made it, so the gateway is asked before it fails."""
    gateway = ports.gateway(refund.account)
    try:
        snapshot = mark_refund(gateway.fetch_refund(refund, attempt), refund, gateway)
    except GatewayError:
        return Snapshot(Status.CREATED)
    is_first = ports.clock.now() - refund.created_at < FIRST_SENDING
    is_settled = ports.clock.now() - refund.created_at > advancing.SETTLE
    if snapshot.status is Status.CREATED and (is_first or is_settled):
        return Snapshot(Status.FAILED, failure=refusal_of(refusal))
    return snapshot


def mark_refund(snapshot: Snapshot, refund: Refund, gateway: Gateway) -> Snapshot:
    """The snapshot with `may_return` set. Raises Unavailable if it is about another refund."""
    if snapshot.subject_id not in ("", refund.id):
        raise Unavailable(f"the gateway answered about another refund than {refund.id}")
    return replace(snapshot, may_return=gateway.refund_may_return)
