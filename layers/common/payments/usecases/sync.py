"""The one door: nothing else changes an open attempt or refund. Webhook, poll, sweep, return and refresh come here."""

from __future__ import annotations

from datetime import timedelta

from payments.domain import refunding, transitions
from payments.domain.change import Change
from payments.domain.event import Why
from payments.domain.payment import Attempt, NoSuchAttempt, Payment
from payments.domain.refund import Refund
from payments.domain.refunding import RefundNews
from payments.domain.status import Failure, FailureCode, Status
from payments.domain.transitions import News
from payments.gateways.contract import GatewayError, OutcomeUnknown, Rejected, Snapshot, Unavailable
from payments.store.contract import Conflict, Delivery, NotFound, WorkspaceStore
from payments.usecases.parts import Parts
from payments.usecases.saving import TRIES, back_off, note_failure, save

FIRST_SENDING = timedelta(seconds=55)  # Of a refund: before it is first due, nobody but its creator sends it.


def sync_attempt(
    store: WorkspaceStore, payment_id: str, attempt_id: str, why: Why, parts: Parts, handled: Delivery | None = None
) -> tuple[Payment, bool]:
    """The payment after the gateway was asked, and whether `handled` was marked on the way.

    Raises:
        GatewayError: the gateway did not answer; nothing was concluded.
        StoreError: nothing was written.
    """
    for turn in range(TRIES):
        payment = store.get_payment(payment_id)
        try:
            attempt = payment.attempt(attempt_id)
        except NoSuchAttempt as missing:
            raise NotFound(attempt_id) from missing
        change = learn(store, payment, attempt, why, parts)
        if change is None:
            return payment, False
        try:
            save(store, change, parts, handled=handled)
        except Conflict:
            back_off(parts, turn)
            continue
        return change.payment, True
    raise Conflict("too many writers at one payment")


def learn(store: WorkspaceStore, payment: Payment, attempt: Attempt, why: Why, parts: Parts) -> Change | None:
    """Ask the gateway about one attempt and decide; writes nothing."""
    snapshot = parts.gateway(attempt.gateway).fetch_payment(attempt)
    return conclude(store, payment, attempt, snapshot, why, parts)


def conclude(
    store: WorkspaceStore, payment: Payment, attempt: Attempt, snapshot: Snapshot, why: Why, parts: Parts
) -> Change | None:
    """What a snapshot changes. The policy for late money is read only where money is late."""
    is_late = attempt.status.is_dead and snapshot.status is Status.COMPLETED
    late_success = store.get_workspace().late_success if is_late else ""
    at = parts.clock.now()
    news = _news(snapshot, attempt, parts.gateway(attempt.gateway).merchant_ref)
    change = transitions.advance(payment, attempt.id, news, late_success, why, at)
    is_new = attempt.status is not Status.COMPLETED  # A surplus capture is refunded once, where it is recorded.
    if change is None or not (is_new and change.payment.attempt(attempt.id).is_surplus):
        return change
    return refunding.surplus_refunded(change, attempt.id, parts.ids.new("rfd_", at), at)


def _news(snapshot: Snapshot, attempt: Attempt, merchant_ref: str) -> News:
    """Foreign is an answer about another order, or from another account than the configured one."""
    is_other_order = snapshot.subject_id not in ("", attempt.id)
    is_other_merchant = bool(merchant_ref) and snapshot.merchant_ref not in ("", merchant_ref)
    is_foreign = is_other_order or is_other_merchant
    return News(snapshot.status, snapshot.amount, snapshot.ref, snapshot.failure, is_foreign)


def sync_refund(
    store: WorkspaceStore, payment_id: str, refund_id: str, why: Why, parts: Parts, handled: Delivery | None = None
) -> tuple[Refund, bool]:
    """The refund after the gateway was asked, and sent to it if it had never heard of it.

    Raises as `sync_attempt`.
    """
    for turn in range(TRIES):
        payment, refund = store.get_refunding(payment_id, refund_id)
        change = learn_refund(payment, refund, why, parts)
        if change is None:
            return refund, False
        try:
            save(store, change, parts, handled=handled)
        except Conflict:
            back_off(parts, turn)
            continue
        moved = change.refund or refund
        if moved.status is refund.status and not moved.is_held:
            continue  # It only took the slot: now it may be sent.
        return moved, True
    raise Conflict("too many writers at one payment")


def learn_refund(payment: Payment, refund: Refund, why: Why, parts: Parts, *, asks: bool = True) -> Change | None:
    """What is to be written about a refund: the slot it takes, or what the gateway says. Sends it only if `asks`."""
    gateway, at = parts.gateway(refund.gateway), parts.clock.now()
    if refund.status.is_open and not refunding.may_be_sent(
        payment, refund, one_at_a_time=gateway.has_one_refund_at_a_time
    ):
        return refunding.took_slot(payment, refund, why, at)
    attempt = payment.attempt(refund.attempt_id)
    news = _refund_news(gateway.fetch_refund(refund, attempt), refund)
    if news.status is Status.CREATED and refund.status is Status.CREATED and asks:
        news = ask_refund(refund, attempt, parts)
    return refunding.advance_refund(payment, refund, news, why, parts.clock.now())


def ask_refund(refund: Refund, attempt: Attempt, parts: Parts) -> RefundNews:
    """Ask for the refund by its one id. Only the gateway's own no fails it; silence leaves it open."""
    gateway = parts.gateway(refund.gateway)
    try:
        return _refund_news(gateway.create_refund(refund, attempt), refund)
    except Rejected as refusal:
        note_failure(parts, refusal, refund.payment_id, refund.id)
        return _refused_refund(refund, attempt, refusal, parts)
    except (OutcomeUnknown, Unavailable) as silence:
        note_failure(parts, silence, refund.payment_id, refund.id)
        return RefundNews(Status.CREATED)


def _refused_refund(refund: Refund, attempt: Attempt, refusal: Rejected, parts: Parts) -> RefundNews:
    """What was refused may be a second sending of what another sender has just got through: ask before concluding."""
    try:
        news = _refund_news(parts.gateway(refund.gateway).fetch_refund(refund, attempt), refund)
    except GatewayError:
        return RefundNews(Status.CREATED)
    is_first = parts.clock.now() - refund.created_at < FIRST_SENDING
    is_settled = parts.clock.now() - refund.created_at > transitions.SETTLE
    if news.status is Status.CREATED and (is_first or is_settled):
        return RefundNews(Status.FAILED, failure=Failure(FailureCode.REJECTED, refusal.code, str(refusal)))
    return news


def _refund_news(snapshot: Snapshot, refund: Refund) -> RefundNews:
    if snapshot.subject_id not in ("", refund.id):
        raise Unavailable(f"the gateway answered about another refund than {refund.id}")
    return RefundNews(snapshot.status, snapshot.amount, snapshot.ref, snapshot.failure)
