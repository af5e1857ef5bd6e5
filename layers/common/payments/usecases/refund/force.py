"""Forced refunds, during a chargeback: one person requests it with a reason, and a second person approves it."""

from __future__ import annotations

from dataclasses import replace

from payments.domain.change import Change
from payments.domain.records.approval import LASTS, Approval, ApprovalKind
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.refund import ReasonCode
from payments.domain.rules import decisions, refunding
from payments.domain.rules.refunding import ExceedsAvailable
from payments.domain.values.ids import APPROVAL
from payments.gateways.contract.errors import GatewayError
from payments.store.contract.claims import Claim, StoredAnswer
from payments.store.contract.errors import Conflict, StoreError
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.errors import (
    ApprovalNotAllowed,
    Busy,
    DecisionNotPossible,
    InvalidState,
    UnsupportedByGateway,
    under_review_error,
    why_of,
)
from payments.usecases.gateway.routing import off_step_error
from payments.usecases.idempotency import Key, replay, settle
from payments.usecases.refund.create import NewRefund, commit_under_key, exceeds_error, new_refund, refuse_terms
from payments.usecases.refund.sync import sync_refund


def request_forced_refund(order: NewRefund, key: Key, context: Context) -> StoredAnswer:
    """Store the request. The answer has the approval that a second person must give.

    Raises:
        PaymentNotFound, InvalidState, RefundExceedsPayment, RefundWindowExpired, RefundCurrencyMismatch, KeyReused,
        InProgress, Busy, UnsupportedByGateway: nothing was done.
    """
    change, claim = commit_under_key(
        order, key, lambda payment: _save_request(order, payment, context), lambda change: _of(change).id, context
    )
    if change is None:
        return _replay(claim, key, context)
    return settle(claim, key.answers.approval(_of(change)), context)


def send_approved_refund(approval: Approval, context: Context) -> None:
    """Reserve and send an approved refund, and save the answered `approval`. If sending fails, the sweep sends it.

    Raises:
        ApprovalNotAllowed, DecisionNotPossible, Busy: nothing was done.
    """

    def decide(payment: Payment) -> Change:
        if not context.store.get_approval(approval.id).is_open(context.now()):
            raise ApprovalNotAllowed("this approval was answered meanwhile: read it", state="answered")
        return _reserve(payment, approval, context)

    try:
        done = commit(context, lambda: context.store.get_payment(approval.payment_id), decide)
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; nothing was done, approve again") from raced
    refund = done.written.refund
    if refund is None:
        raise ValueError("a reservation carries its refund")
    try:
        sync_refund(refund.payment_id, refund.id, context)
    except (GatewayError, StoreError) as failure:
        facts = {"refund_id": refund.id, "error": type(failure).__name__, "why": why_of(failure)}
        context.ports.note("refund.unsynced", level="WARNING", **facts)


def _save_request(order: NewRefund, payment: Payment, context: Context) -> Change:
    attempt, now = _refundable(payment), context.now()
    if not attempt.open_disputes:
        raise InvalidState("no chargeback is open: refund without force", status=payment.status)
    gateway = context.ports.gateway(attempt.account)
    if not gateway.has_refund_in_dispute:
        raise UnsupportedByGateway(f"{gateway.name} refunds nothing while a dispute is open: refund after its end")
    refuse_terms(order, attempt, context.ports)
    minor = attempt.unspent_minor if order.minor is None else order.minor
    if not 0 < minor <= attempt.unspent_minor:
        raise exceeds_error(attempt, attempt.unspent_minor)
    if off := off_step_error(gateway.name, replace(attempt.amount, minor=minor)):
        raise off
    approval = Approval(
        id=context.ports.ids.new(APPROVAL, now),
        workspace_id=payment.workspace_id,
        payment_id=payment.id,
        kind=ApprovalKind.FORCED_REFUND,
        subject_id=payment.id,
        amount=replace(attempt.amount, minor=minor),
        requested_by=context.why.actor,
        requested_at=now,
        lapses_at=now + LASTS,
        outcome=str(order.reason_code),
        note=order.reason_text,
        attempt_id=attempt.id,
    )
    return decisions.approval_recorded(payment, approval, context.why, now)


def _refundable(payment: Payment) -> Attempt:
    if payment.winning_attempt is None:
        raise InvalidState(
            "only a completed payment can be refunded: read the payment, and cancel it if it is open",
            status=payment.status,
        )
    if payment.review:
        raise under_review_error(payment)
    return payment.winning_attempt


def _reserve(payment: Payment, approval: Approval, context: Context) -> Change:
    attempt = payment.attempt(approval.attempt_id)
    if payment.review or payment.winning_attempt_id != attempt.id:
        raise DecisionNotPossible("the payment has changed since: ask for the refund again")
    if not attempt.open_disputes:
        raise DecisionNotPossible("no chargeback is open any more: refund without force")
    order = NewRefund(payment.id, approval.amount.minor, "", ReasonCode(approval.outcome), approval.note)
    by = Why(approval.requested_by, context.why.cause)
    refund = replace(new_refund(order, approval.amount, payment, attempt, replace(context, why=by)), is_forced=True)
    now = refund.created_at
    change = decisions.approval_recorded(payment, approval, context.why, now)
    one_at_a_time = context.ports.gateway(attempt.account).has_one_refund_at_a_time
    try:
        reserved = refunding.reserved(change.payment, refund, one_at_a_time=one_at_a_time, why=by, at=now)
    except ExceedsAvailable as excess:
        left = f"{attempt.unspent_minor} {attempt.amount.currency} (minor units)"
        raise DecisionNotPossible(f"at most {left} of the payment is left: request that amount") from excess
    return change.then(reserved)


def _of(change: Change) -> Approval:
    return next(record for record in change.records if isinstance(record, Approval))


def _replay(claim: Claim, key: Key, context: Context) -> StoredAnswer:
    def resume(leased: Claim) -> StoredAnswer:
        return settle(leased, key.answers.approval(context.store.get_approval(leased.subject_id)), context)

    return replay(claim, key, context, resume)
