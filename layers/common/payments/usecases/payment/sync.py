"""Sync: ask the gateway about an attempt and save the outcome. Webhook, poll, sweep and API all use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from payments.domain.change import Change
from payments.domain.records.payment import Attempt, NoSuchAttempt, Payment, ReviewKind
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import advancing, refunding, reviewing, transitions
from payments.domain.values.ids import ATTEMPT, REFUND
from payments.domain.values.status import Status
from payments.gateways.contract.errors import SearchUnfinished
from payments.gateways.contract.payments import CanConfirmRef
from payments.store.contract.deliveries import Delivery
from payments.store.contract.errors import NotFound
from payments.usecases.commit import Riders, commit
from payments.usecases.context import Context
from payments.usecases.payment.follow_up import follow_up
from payments.usecases.payment.import_refunds import compare_returned
from payments.usecases.payment.policies import get_late_success

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway


def _ignore(snapshot: Snapshot) -> None:
    """The default of `on_answer`."""


def sync_attempt(
    payment_id: str,
    attempt_id: str,
    context: Context,
    handled: Delivery | None = None,
    on_answer: Callable[[Snapshot], None] = _ignore,
) -> tuple[Payment, bool]:
    """Ask the gateway about the attempt and save the outcome.

    Returns the payment, and whether the delivery `handled` was marked as applied with it. `on_answer` is called with
    each answer after the follow-up calls.

    Raises:
        GatewayError: the gateway gave no usable answer; nothing was written.
        StoreError: nothing was written.
    """

    def decide(payment: Payment) -> Change | None:
        try:
            attempt = payment.attempt(attempt_id)
        except NoSuchAttempt as missing:
            raise NotFound(attempt_id) from missing
        hint = handled.subject_ref if handled else ""
        return fetch_and_decide(payment, attempt, context, hint, on_answer)

    done = commit(
        context, lambda: context.store.get_payment(payment_id), decide, riders=lambda change: Riders(handled=handled)
    )
    return (done.change.payment, True) if done.change else (done.state, False)


def sync_current(payment: Payment, context: Context, on_answer: Callable[[Snapshot], None] = _ignore) -> Payment:
    """Sync the current attempt, if it is open, and return the payment. `on_answer` and errors as `sync_attempt`."""
    if not payment.current.status.is_open:
        return payment
    return sync_attempt(payment.id, payment.current.id, context, on_answer=on_answer)[0]


def fetch_and_decide(
    payment: Payment,
    attempt: Attempt,
    context: Context,
    hint: str = "",
    on_answer: Callable[[Snapshot], None] = _ignore,
) -> Change | None:
    """Ask the gateway about an attempt, capture or void what is due, and return the change. Saves nothing.

    `hint` is the `subject_ref` of the webhook, "" for none.
    """
    if attempt.duplicate_of:
        return None  # The check of the attempt it duplicates covers it.
    gateway = context.ports.gateway(attempt.account)
    found = replace(attempt, checkout_ref=attempt.checkout_ref or _confirm_ref(gateway, attempt, hint))
    try:
        snapshot = mark(gateway.fetch_payment(found), attempt, gateway)
    except SearchUnfinished as unfinished:
        change = advancing.search_goes_on(payment, attempt, unfinished.position, context.why, context.now())
        if change is None:
            raise
        return change
    found = replace(found, checkout_ref=found.checkout_ref or snapshot.found_ref)
    after = follow_up(payment, found, snapshot, context)
    on_answer(after)
    # Answers of follow-up calls lack `found_ref`: keep it.
    return decide_outcome(payment, attempt, replace(after, found_ref=found.checkout_ref), context)


def _confirm_ref(gateway: Gateway, attempt: Attempt, hint: str) -> str:
    """The attempt's `checkout_ref` if the webhook's hint leads to it; else ""."""
    if not hint or not isinstance(gateway, CanConfirmRef):
        return ""
    return gateway.confirm_ref(attempt, hint)


def decide_outcome(payment: Payment, attempt: Attempt, snapshot: Snapshot, context: Context) -> Change | None:
    """What an answer changes. The setting `late_success` is read only for a late success."""
    is_late = attempt.status.is_dead and snapshot.status is Status.COMPLETED
    late_success = get_late_success(context) if is_late else ""
    at = context.now()
    snapshot = mark(snapshot, attempt, context.ports.gateway(attempt.account))
    change = advancing.advance(payment, attempt.id, snapshot, late_success, context.why, at)
    is_new = attempt.status is not Status.COMPLETED  # An excess capture is refunded when it is recorded.
    if change and is_new and change.payment.attempt(attempt.id).is_excess:
        return refunding.excess_refunded(change, attempt.id, context.ports.ids.new(REFUND, at), at)
    change = _record_extra_capture(change, payment, attempt.id, snapshot, context)
    return compare_returned(change, payment, attempt.id, snapshot, context)


def _record_extra_capture(
    change: Change | None, payment: Payment, attempt_id: str, snapshot: Snapshot, context: Context
) -> Change | None:
    """Record a second capture of this attempt and refund it. If there are more, the next check finds the next one.

    If its amount is not the requested one, the payment is put under review. That is so even if a decision accepted the
    same amount for the first capture.
    """
    payment, at = change.payment if change else payment, context.now()
    attempt = payment.attempt(attempt_id)
    known = {one.payment_ref for one in payment.attempts}
    unknown = [extra for extra in snapshot.extra_captures if extra.ref not in known]
    if not unknown or attempt.status is not Status.COMPLETED or payment.is_stuck:
        return change
    extra, copy_id = unknown[0], context.ports.ids.new(ATTEMPT, at)
    if extra.amount not in (attempt.amount, replace(attempt.amount, minor=attempt.capture_requested_minor)):
        is_same = extra.amount.currency == attempt.amount.currency
        kind = ReviewKind.AMOUNT if is_same else ReviewKind.CURRENCY
        reported = Snapshot(Status.COMPLETED, extra.amount, extra.ref)
        reviewed = reviewing.put_under_review(payment, attempt, kind, reported, context.why, at, extra.ref)
        return change.then(reviewed) if change and reviewed else change or reviewed
    again = transitions.paid_again(payment, attempt, copy_id, extra.ref, extra.amount, context.why, at)
    again = change.then(again) if change else again
    return refunding.excess_refunded(again, copy_id, context.ports.ids.new(REFUND, at), at)


def mark(snapshot: Snapshot, attempt: Attempt, gateway: Gateway) -> Snapshot:
    """The snapshot with `is_foreign` and `is_searched` set."""
    is_other_order = snapshot.subject_id not in ("", attempt.id)
    # `gateway.merchant_ref` reads a secret, so it is read only if needed.
    is_other_merchant = bool(snapshot.merchant_ref) and gateway.merchant_ref not in ("", snapshot.merchant_ref)
    return replace(
        snapshot,
        is_foreign=is_other_order or is_other_merchant,
        is_searched=snapshot.status is Status.CREATED and isinstance(gateway, CanConfirmRef),
    )
