"""Refunds during a chargeback: one owner or finance asks and says why, a second one approves, then it is reserved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from payments.domain import decisions, refunding
from payments.domain.approval import LASTS, Approval, ApprovalKind
from payments.domain.change import Change
from payments.domain.event import Why
from payments.domain.ids import APPROVAL
from payments.domain.payment import Attempt, Payment
from payments.domain.refund import ReasonCode
from payments.domain.refunding import ExceedsAvailable
from payments.gateways.contract import GatewayError
from payments.store.contract import Claim, Conflict, KeyTaken, Reply, StoreError, WorkspaceStore
from payments.usecases.commit import Riders, commit
from payments.usecases.errors import (
    ApprovalNotAllowed,
    Busy,
    DecisionNotPossible,
    InvalidState,
    UseCaseError,
    under_review,
)
from payments.usecases.idempotency import Key, known_claim, new_claim, replay, settle
from payments.usecases.parts import Parts
from payments.usecases.refund import RefundOrder, exceeds, get_payment_of, new_refund, refuse_terms
from payments.usecases.sync import sync_refund

Render = Callable[[Approval], Reply]


def ask_forced_refund(order: RefundOrder, key: Key, why: Why, parts: Parts, render: Render) -> Reply:
    """The approval that a second person must give.

    Raises:
        PaymentNotFound, InvalidState, RefundExceedsPayment, RefundWindowExpired, RefundCurrencyMismatch, KeyReused,
        InProgress, Busy: nothing was done.
    """
    store = parts.store.within(order.workspace_id)

    def claim_of(change: Change) -> Claim:
        return replace(new_claim(key, order.payment_id, _of(change).id, parts), is_kept=True)

    try:
        done = commit(
            store,
            parts,
            lambda: get_payment_of(store, order.payment_id),
            lambda payment: _asked(order, payment, why, parts),
            riders=lambda change: Riders(opens=claim_of(change)),
        )
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; nothing was done, repeat with the same key") from raced
    except KeyTaken as taken:
        return _replayed(taken.claim, key, store, parts, render)
    except UseCaseError:
        known = known_claim(store, key)
        if known is None:
            raise
        return _replayed(known, key, store, parts, render)
    return settle(claim_of(done.written), render(_of(done.written)), store, parts)


def refund_approved(store: WorkspaceStore, approval: Approval, why: Why, parts: Parts) -> None:
    """Reserve and send what was agreed to; `approval` is as it becomes. Where sending fails, the sweep sends.

    Raises:
        ApprovalNotAllowed, DecisionNotPossible, Busy: nothing was done.
    """

    def decide(payment: Payment) -> Change:
        if not store.get_approval(approval.id).is_open(parts.clock.now()):
            raise ApprovalNotAllowed("this approval was answered meanwhile: read it", state="answered")
        return _reserved(payment, approval, why, parts)

    try:
        done = commit(store, parts, lambda: store.get_payment(approval.payment_id), decide)
    except Conflict as raced:
        raise Busy("too many writers at this payment at once; nothing was done, approve again") from raced
    refund = done.written.refund
    if refund is None:
        raise ValueError("a reservation carries its refund")
    try:
        sync_refund(store, refund.payment_id, refund.id, why, parts)
    except (GatewayError, StoreError) as failure:
        parts.note("refund.unsynced", refund_id=refund.id, error=type(failure).__name__)


def _asked(order: RefundOrder, payment: Payment, why: Why, parts: Parts) -> Change:
    attempt, now = _refundable(payment), parts.clock.now()
    if not attempt.open_disputes:
        raise InvalidState("no chargeback is open: refund without force", status=payment.status)
    refuse_terms(order, attempt, parts)
    minor = attempt.unspent if order.minor is None else order.minor
    if not 0 < minor <= attempt.unspent:
        raise exceeds(attempt, attempt.unspent)
    approval = Approval(
        id=parts.ids.new(APPROVAL, now),
        workspace_id=payment.workspace_id,
        payment_id=payment.id,
        kind=ApprovalKind.FORCED_REFUND,
        subject_id=payment.id,
        amount=replace(attempt.amount, minor=minor),
        asked_by=why.actor,
        asked_at=now,
        lapses_at=now + LASTS,
        outcome=str(order.reason_code),
        note=order.reason_text,
        attempt_id=attempt.id,
    )
    return decisions.asked_for(payment, approval, why, now)


def _refundable(payment: Payment) -> Attempt:
    if payment.kept is None:
        raise InvalidState("only a completed payment can be refunded", status=payment.status)
    if payment.review:
        raise under_review(payment)
    return payment.kept


def _reserved(payment: Payment, approval: Approval, why: Why, parts: Parts) -> Change:
    attempt, now = payment.attempt(approval.attempt_id), parts.clock.now()
    if payment.review or payment.kept_attempt_id != attempt.id:
        raise DecisionNotPossible("the payment has changed since: ask for the refund again")
    if not attempt.open_disputes:
        raise DecisionNotPossible("no chargeback is open any more: refund without force")
    order = RefundOrder(
        payment.workspace_id, payment.id, approval.amount.minor, "", ReasonCode(approval.outcome), approval.note
    )
    by = Why(approval.asked_by, why.cause)
    refund = replace(new_refund(order, approval.amount, payment, attempt, by, now, parts), is_forced=True)
    change = decisions.approved_by(payment, approval, why, now)
    one_at_a_time = parts.gateway(attempt.gateway).has_one_refund_at_a_time
    try:
        reserved = refunding.reserved(change.payment, refund, one_at_a_time=one_at_a_time, why=by, at=now)
    except ExceedsAvailable as excess:
        raise DecisionNotPossible(f"at most {attempt.unspent} of the payment is left") from excess
    return change.then(reserved)


def _of(change: Change) -> Approval:
    return next(record for record in change.records if isinstance(record, Approval))


def _replayed(claim: Claim, key: Key, store: WorkspaceStore, parts: Parts, render: Render) -> Reply:
    def resume(leased: Claim) -> Reply:
        return settle(leased, render(store.get_approval(leased.subject_id)), store, parts)

    return replay(claim, key, store, parts, resume)
