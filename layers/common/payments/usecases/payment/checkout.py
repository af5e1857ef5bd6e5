"""Open the checkout of a stored attempt at its gateway and store both answers. An interrupted opening is resumed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from payments.domain.change import Change
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.snapshot import Snapshot
from payments.domain.rules import transitions
from payments.domain.values import checkout_tokens
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable, Unsupported
from payments.gateways.contract.payments import CanCharge, Charge, Checkout, CheckoutDetails
from payments.record import record
from payments.store.contract.claims import Claim, StoredAnswer
from payments.store.contract.errors import Conflict, StoreUnavailable
from payments.usecases.commit import Riders, back_off, commit
from payments.usecases.context import Context
from payments.usecases.errors import (
    GatewayDown,
    GatewayRefused,
    OutcomePending,
    UseCaseError,
    refusal_of,
    under_review_error,
)
from payments.usecases.idempotency import Key, replay, settle
from payments.usecases.payment.failover import fail_over
from payments.usecases.payment.sync import decide_outcome

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway
    from payments.store.contract.stores import WorkspaceStore


_RECORD_S = 3.0  # Time that one more write needs.
_RECORD_TRIES = 12  # Tries while the store does not answer.


@record
class Opening:
    """What the first request, or one that resumes it, needs to open a checkout."""

    claim: Claim
    key: Key
    context: Context

    @property
    def checkout_token(self) -> str:
        return self.claim.secret

    def return_url(self, payment: Payment) -> str:
        token = checkout_tokens.return_token(self.checkout_token, payment.workspace_id)
        return self.key.answers.return_address(payment.id, token)


def open_checkout(payment: Payment, opening: Opening) -> StoredAnswer:
    attempt, context = payment.opened_for(opening.claim.subject_id), opening.context
    order = CheckoutDetails(
        return_url=opening.return_url(payment),
        payment_id=payment.id,
        merchant_order_id=payment.merchant_order_id,
        expires_in_s=payment.expires_in_s,
        customer=payment.customer,
    )
    try:
        opened = _send(context.ports.gateway(attempt.account), attempt, order)
    except GatewayError as failure:
        if elsewhere := fail_over(payment, attempt, failure, context):
            return open_checkout(elsewhere, opening)
        raise _record_failure(payment, attempt, failure, opening) from failure
    return _acknowledge(payment, attempt, opened, opening)


def _send(gateway: Gateway, attempt: Attempt, order: CheckoutDetails) -> Checkout | Charge:
    if not attempt.terms.is_direct:
        return gateway.create_checkout(attempt, order)
    if not isinstance(gateway, CanCharge):
        raise Unsupported(f"{gateway.name} charges no tokens: leave payment_method out")
    return gateway.charge_token(attempt, order)


def _record_failure(payment: Payment, attempt: Attempt, failure: GatewayError, opening: Opening) -> UseCaseError:
    may_arrive = isinstance(failure, Rejected) and attempt.sent_at != attempt.created_at  # An earlier call.
    if isinstance(failure, OutcomeUnknown) or may_arrive:
        return _record_lost_answer(payment, attempt.id, opening)
    if isinstance(failure, Unavailable):
        opening.context.store.end_lease(opening.claim, opening.context.now())
        message = "the gateway did not accept the order; repeat with the same key"
        if failure.needs_person:
            message = "the gateway refuses the keys of this deployment: have them mended, then repeat with the same key"
        return GatewayDown(message, payment_id=payment.id)
    return _record_refusal(payment, attempt, failure, opening)


def _record_refusal(payment: Payment, attempt: Attempt, refusal: GatewayError, opening: Opening) -> GatewayRefused:
    failure = refusal_of(refusal)
    _record(
        payment,
        lambda now: transitions.refused(now, attempt.id, failure, opening.context.why, opening.context.now()),
        opening,
    )
    return _refused_error(payment, failure)


def _refused_error(payment: Payment, failure: Failure) -> GatewayRefused:
    return GatewayRefused(
        "the gateway refused this order: correct the cause, then retry the payment",
        payment_id=payment.id,
        gateway_code=failure.gateway_code,
        gateway_message=failure.message,
    )


def _record_lost_answer(payment: Payment, attempt_id: str, opening: Opening) -> OutcomePending:
    _record(
        payment,
        lambda now: transitions.outcome_unknown(now, attempt_id, opening.context.why, opening.context.now()),
        opening,
    )
    return _pending_error(payment)


def _pending_error(payment: Payment) -> OutcomePending:
    return OutcomePending(
        "the gateway's answer was lost: the payment exists and is pending; repeat with the same key",
        payment_id=payment.id,
    )


def _unanswered_error(payment: Payment, silence: GatewayError) -> OutcomePending:
    """The error where an earlier call may have opened the checkout, and the gateway cannot be asked now."""
    message = "the gateway cannot be asked now whether it has this order; repeat with the same key"
    if silence.needs_person:
        message = (
            "the gateway refuses the keys of this deployment, so that it cannot be asked whether it has this order: "
            "have them mended, then repeat with the same key"
        )
    return OutcomePending(message, payment_id=payment.id)


def _record(payment: Payment, decide: Callable[[Payment], Change | None], opening: Opening) -> None:
    """Save what happened at the gateway, then end the lease. If another writer was first, decide again."""
    context = opening.context
    with suppress(Conflict):  # Not saved: the sweep asks the gateway again.
        commit(context, lambda: context.store.get_payment(payment.id), decide, first=payment)
    context.store.end_lease(opening.claim, context.now())


def _acknowledge(payment: Payment, attempt: Attempt, opened: Checkout | Charge, opening: Opening) -> StoredAnswer:
    context = opening.context
    expires_at = opened.expires_at if isinstance(opened, Checkout) else None
    attempt = replace(attempt, expires_at=expires_at or attempt.expires_at)
    is_open = isinstance(opened, Checkout) or opened.snapshot.status is Status.PENDING
    is_carried = is_open and context.ports.flow.start_poll(payment, attempt)

    def decide(read: Payment) -> Change:
        known = replace(
            read.attempt(attempt.id),
            checkout_ref=opened.ref,
            next_action=opened.next_action,
            expires_at=attempt.expires_at,
            is_carried=is_carried,
        )
        webhook_ref = opened.webhook_ref if isinstance(opened, Checkout) else opened.ref
        change = transitions.acknowledged(read, known, webhook_ref, context.why, context.now())
        return _apply_charge(change, attempt.id, opened, opening) if isinstance(opened, Charge) else change

    return _record_change(payment, decide, opening)


def _record_change(payment: Payment, decide: Callable[[Payment], Change], opening: Opening) -> StoredAnswer:
    """Save the change with the answer. No other call has the checkout's URL, so this one tries while time is left."""
    context, claim = opening.context, opening.claim
    for turn in range(_RECORD_TRIES):
        try:
            done = commit(
                context,
                lambda: _read_unanswered(payment.id, claim, context.store),
                decide,
                first=payment if turn == 0 else None,
                riders=lambda change: Riders(closes=replace(claim, answer=_answer_of(change, opening))),
            )
        except _AnsweredError as other:
            return other.answer
        except Conflict:
            break
        except StoreUnavailable:
            if context.ports.time_left() < _RECORD_S:
                raise
            back_off(context.ports, turn)
        else:
            return _answer_of(done.written, opening)
    raise _pending_error(payment)


def _answer_of(change: Change, opening: Opening) -> StoredAnswer:
    return opening.key.answers.payment(change.payment, opening.checkout_token)


class _AnsweredError(Exception):
    """Another request resumed and stored its answer first. That answer counts."""

    def __init__(self, answer: StoredAnswer) -> None:
        super().__init__("the key has its answer")
        self.answer = answer


def _read_unanswered(payment_id: str, claim: Claim, store: WorkspaceStore) -> Payment:
    if stored := store.get_claim(claim.operation, claim.key_hash).answer:
        raise _AnsweredError(stored)
    return store.get_payment(payment_id)


def _apply_charge(change: Change, attempt_id: str, charge: Charge, opening: Opening) -> Change:
    """The change, with the outcome that the gateway reported for a direct charge."""
    payment = change.payment
    return change.then(decide_outcome(payment, payment.attempt(attempt_id), charge.snapshot, opening.context))


def replay_opening(claim: Claim, key: Key, context: Context) -> StoredAnswer:
    def resume(leased: Claim) -> StoredAnswer:
        return _resume(Opening(leased, key, context))

    return replay(claim, key, context, resume)


def _resume(opening: Opening) -> StoredAnswer:
    """Finish an opening that an earlier request began. Nothing is sent again before the gateway was asked about it."""
    payment = opening.context.store.get_payment(opening.claim.stream_id)
    attempt = payment.opened_for(opening.claim.subject_id)
    if attempt.failure and attempt.failure.code is FailureCode.REJECTED:
        opening.context.store.end_lease(opening.claim, opening.context.now())
        raise _refused_error(payment, attempt.failure)
    if attempt.status is not Status.CREATED:
        return _settle_claim(payment, opening)
    if payment.is_stuck:
        opening.context.store.end_lease(opening.claim, opening.context.now())
        raise under_review_error(payment)
    try:
        snapshot = opening.context.ports.gateway(attempt.account).fetch_payment(attempt)
    except GatewayError as silence:
        opening.context.store.end_lease(opening.claim, opening.context.now())
        raise _unanswered_error(payment, silence) from silence
    if snapshot.status is Status.CREATED:
        return _resend(payment, opening)
    return _settle_claim(_save_outcome(payment, attempt, snapshot, opening), opening)


def _save_outcome(payment: Payment, attempt: Attempt, snapshot: Snapshot, opening: Opening) -> Payment:
    """Save what the snapshot changes and return the payment. If another writer was first, return that payment."""
    context = opening.context

    def decide(read: Payment) -> Change | None:
        is_same = read.version == payment.version
        return decide_outcome(read, attempt, snapshot, context) if is_same else None

    done = commit(context, lambda: context.store.get_payment(payment.id), decide, first=payment)
    return done.change.payment if done.change else done.state


def _resend(payment: Payment, opening: Opening) -> StoredAnswer:
    """The gateway does not know the attempt: send it again with the same id."""
    attempt = payment.opened_for(opening.claim.subject_id)
    context = opening.context

    def decide(read: Payment) -> Change | None:
        is_same = read.version == payment.version
        return transitions.resent(read, attempt.id, context.why, context.now()) if is_same else None

    done = commit(context, lambda: context.store.get_payment(payment.id), decide, first=payment)
    if done.change is None:
        raise _pending_error(payment)
    return open_checkout(done.change.payment, opening)


def _settle_claim(payment: Payment, opening: Opening) -> StoredAnswer:
    """Store and return an answer without the checkout's address, which is lost."""
    return settle(opening.claim, opening.key.answers.payment(payment, opening.checkout_token), opening.context)
