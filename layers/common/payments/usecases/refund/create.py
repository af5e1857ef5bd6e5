"""Refund a payment: reserve the amount, send the refund to the gateway, and book its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from payments.domain.change import Change
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import WINDOW, ReasonCode, Refund
from payments.domain.rules import refunding
from payments.domain.rules.refunding import ExceedsAvailable
from payments.domain.values.clock import to_text
from payments.domain.values.ids import REFUND
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.gateways.contract.errors import GatewayError
from payments.record import record
from payments.store.contract.claims import Claim, KeyUsed, StoredAnswer
from payments.store.contract.errors import Conflict
from payments.usecases.commit import Riders, commit
from payments.usecases.context import Context
from payments.usecases.errors import (
    Busy,
    DisputeOpen,
    InvalidState,
    RefundBelowMinimum,
    RefundCurrencyMismatch,
    RefundExceedsPayment,
    RefundWindowExpired,
    UseCaseError,
    under_review_error,
    why_of,
)
from payments.usecases.gateway.routing import off_step_error
from payments.usecases.idempotency import Key, get_claim, new_claim, replay, settle
from payments.usecases.payment.lookup import payment_of
from payments.usecases.ports import Ports
from payments.usecases.refund.sync import send_refund, sync_refund

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway


@record
class NewRefund:
    """A validated request. `minor` is in minor units, None for all that is left; `currency` "" means the payment's."""

    payment_id: str
    minor: int | None
    currency: str
    reason_code: ReasonCode
    reason_text: str


def refund_payment(order: NewRefund, key: Key, context: Context) -> StoredAnswer:
    """Reserve a refund and send it, and return the answer. Only the gateway's answer makes it `completed`.

    Raises:
        PaymentNotFound, InvalidState, RefundExceedsPayment, RefundBelowMinimum, RefundWindowExpired: nothing was done.
        DisputeOpen: nothing was done. A second person may approve it: `force.request_forced_refund`.
        KeyReused, InProgress, Busy: nothing was done.
    """
    change, claim = commit_under_key(
        order, key, lambda payment: _reserve(order, payment, context), lambda change: _of(change).id, context
    )
    if change is None:
        return _replay(claim, key, context)
    return _send(change.payment, _of(change), claim, key, context)


def commit_under_key(
    order: NewRefund,
    key: Key,
    decide: Callable[[Payment], Change],
    subject_id_of: Callable[[Change], str],
    context: Context,
) -> tuple[Change | None, Claim]:
    """Save the change that `decide` makes, with a claim on `key` for the record `subject_id_of` the change.

    Returns the change and its claim. If the key was used before, it returns None and the earlier claim.

    Raises:
        Busy, and what `decide` raises: nothing was done.
    """

    def claim_of(change: Change) -> Claim:
        return replace(new_claim(key, order.payment_id, subject_id_of(change), context.ports), is_permanent=True)

    try:
        done = commit(
            context,
            lambda: payment_of(context.store, order.payment_id),
            decide,
            riders=lambda change: Riders(opens=claim_of(change)),
        )
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; nothing was done, repeat with the same key") from raced
    except KeyUsed as existing:
        return None, existing.claim
    except UseCaseError:
        known = get_claim(context.store, key)
        if known is None:
            raise
        return None, known
    return done.written, claim_of(done.written)


def _of(change: Change) -> Refund:
    if change.refund is None:
        raise ValueError("a reservation carries its refund")
    return change.refund


def _reserve(order: NewRefund, payment: Payment, context: Context) -> Change:
    attempt = payment.winning_attempt
    if attempt is None:
        raise InvalidState(
            "only a completed payment can be refunded: read the payment, and cancel it if it is open",
            status=payment.status,
        )
    if payment.review:
        raise under_review_error(payment)
    if attempt.open_disputes:
        raise _dispute_open_error(payment, context.ports)
    gateway = context.ports.gateway(attempt.account)
    refuse_terms(order, attempt, context.ports)
    amount = Money(attempt.available_minor if order.minor is None else order.minor, attempt.amount.currency)
    _refuse_amount(amount, attempt, gateway)
    refund = new_refund(order, amount, payment, attempt, context)
    try:
        one_at_a_time = gateway.has_one_refund_at_a_time
        return refunding.reserved(payment, refund, one_at_a_time=one_at_a_time, why=context.why, at=refund.created_at)
    except ExceedsAvailable as excess:
        raise exceeds_error(attempt, attempt.available_minor) from excess


def _dispute_open_error(payment: Payment, ports: Ports) -> DisputeOpen:
    disputes = ports.store.within(payment.workspace_id).list_disputes(payment.id)
    open_ones = [one for one in disputes if not one.status.is_ended and not one.is_inquiry]
    times = [one.respond_by for one in open_ones if one.respond_by]
    return DisputeOpen(
        "a chargeback is open: refund after its end, or send force and reason_text and have it approved",
        dispute_ids=[one.id for one in open_ones],
        respond_by=to_text(min(times)) if times else None,
    )


def refuse_terms(order: NewRefund, attempt: Attempt, ports: Ports) -> None:
    """Raises RefundWindowExpired, RefundCurrencyMismatch."""
    window = min(WINDOW, ports.gateway(attempt.account).refund_window)
    if ports.clock.now() > attempt.created_at + window:
        raise RefundWindowExpired(
            f"refunds end {window.days} days after the payment: pay it back by other means", days=window.days
        )
    if order.currency not in ("", attempt.amount.currency):
        raise RefundCurrencyMismatch(
            f"this payment is in {attempt.amount.currency}: send that currency, or leave it out",
            currency=attempt.amount.currency,
        )


def _refuse_amount(amount: Money, attempt: Attempt, gateway: Gateway) -> None:
    """Refuse an amount below the gateway's minimum, and one that leaves a rest below it."""
    minimum, left = gateway.refund_minimum_minor.get(amount.currency, 1), attempt.available_minor - amount.minor
    if attempt.available_minor <= 0 or left < 0:
        raise exceeds_error(attempt, attempt.available_minor)
    if off := off_step_error(gateway.name, amount):
        raise off
    if left and (amount.minor < minimum or left < minimum):
        raise RefundBelowMinimum(
            f"refund at least {minimum} {amount.currency} (minor units) and leave at least {minimum}, "
            f"or refund all {attempt.available_minor} that is left",
            minimum=minimum,
            available=attempt.available_minor,
        )


def exceeds_error(attempt: Attempt, minor: int) -> RefundExceedsPayment:
    currency = attempt.amount.currency
    return RefundExceedsPayment(
        f"send an amount of at most {minor} {currency} (minor units), which can still be refunded",
        available=minor,
        currency=currency,
    )


def new_refund(order: NewRefund, amount: Money, payment: Payment, attempt: Attempt, context: Context) -> Refund:
    now = context.now()
    return Refund(
        id=context.ports.ids.new(REFUND, now),
        payment_id=payment.id,
        workspace_id=payment.workspace_id,
        attempt_id=attempt.id,
        gateway=attempt.gateway,
        amount=amount,
        status=Status.CREATED,
        reason_code=order.reason_code,
        reason_text=order.reason_text,
        actor=context.why.actor,
        created_at=now,
        updated_at=now,
        merchant_order_id=payment.merchant_order_id,
        account_name=attempt.account_name,
    )


def _send(payment: Payment, refund: Refund, claim: Claim, key: Key, context: Context) -> StoredAnswer:
    to_answer, gateway = key.answers.refund, context.ports.gateway(refund.account)
    if not refunding.may_be_sent(payment, refund, one_at_a_time=gateway.has_one_refund_at_a_time):
        # The gateway processes another refund: the sweep sends this one after it.
        return settle(claim, to_answer(refund), context)
    snapshot = send_refund(refund, payment.attempt(refund.attempt_id), context.ports)
    done = commit(
        context,
        lambda: context.store.get_refunding(payment.id, refund.id),
        lambda read: refunding.advance_refund(*read, snapshot, context.why, context.now()),
        first=(payment, refund),
        riders=lambda change: Riders(closes=replace(claim, answer=to_answer(_of(change)))),
    )
    if done.change:
        return to_answer(_of(done.change))
    return settle(claim, to_answer(done.state[1]), context)


def _replay(claim: Claim, key: Key, context: Context) -> StoredAnswer:
    def resume(leased: Claim) -> StoredAnswer:
        try:
            refund = sync_refund(leased.stream_id, leased.subject_id, context)[0]
        except (GatewayError, Conflict) as failure:
            facts = {"refund_id": leased.subject_id, "error": type(failure).__name__, "why": why_of(failure)}
            context.ports.note("refund.unsynced", level="WARNING", **facts)
            refund = context.store.get_refund(leased.subject_id)
        return settle(leased, key.answers.refund(refund), context)

    return replay(claim, key, context, resume)
