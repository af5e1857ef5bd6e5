"""Retry a payment: open its next attempt. The attempt is stored before the gateway is called."""

from __future__ import annotations

from dataclasses import replace

from payments.domain.change import Change
from payments.domain.records.payment import ATTEMPTS_MAX, Attempt, Payment
from payments.domain.rules import transitions
from payments.domain.values import checkout_tokens
from payments.record import record
from payments.store.contract.claims import Claim, KeyUsed, StoredAnswer
from payments.store.contract.errors import Conflict
from payments.store.contract.workspaces import Workspace
from payments.usecases.commit import Riders, commit
from payments.usecases.context import Context
from payments.usecases.errors import Busy, InvalidState, UseCaseError, under_review_error
from payments.usecases.gateway.routing import choose_account
from payments.usecases.idempotency import Key, get_claim, new_claim
from payments.usecases.payment.attempts import new_attempt, with_tokens
from payments.usecases.payment.checkout import Opening, open_checkout, replay_opening
from payments.usecases.payment.lookup import payment_of
from payments.usecases.ports import Ports


@record
class RetryOptions:
    """How the next attempt differs from the last one; "" for no difference. A token can be charged once."""

    gateway: str = ""
    source_token: str = ""


def retry_payment(
    workspace: Workspace,
    payment_id: str,
    options: RetryOptions,
    key: Key,
    context: Context,
) -> StoredAnswer:
    """Open the next attempt of a payment whose earlier ones ended without money, and return the answer.

    Raises:
        PaymentNotFound, InvalidState, and what `choose_account` raises: nothing was done.
        KeyReused, InProgress, Busy, OutcomePending, GatewayRefused, GatewayDown: as `initiate_payment`.
    """
    token = checkout_tokens.checkout_token(context.ports.ids.token(""), workspace.id)

    def decide(payment: Payment) -> Change:
        attempt = _next_attempt(payment, options, workspace, context.ports)
        return transitions.retried(with_tokens(payment, token), attempt, context.why, attempt.created_at)

    def claim_of(change: Change) -> Claim:
        return new_claim(key, payment_id, change.payment.current.id, context.ports, token)

    try:
        done = commit(
            context,
            lambda: payment_of(context.store, payment_id),
            decide,
            riders=lambda new: Riders(opens=claim_of(new)),
        )
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; repeat with the same key") from raced
    except KeyUsed as existing:
        return replay_opening(existing.claim, key, context)
    except UseCaseError:
        known = get_claim(context.store, key)
        if known is None:
            raise
        return replay_opening(known, key, context)
    change = done.written
    return open_checkout(change.payment, Opening(claim_of(change), key, context))


def _no_retry_error(payment: Payment) -> InvalidState:
    if payment.review:
        return under_review_error(payment)
    if payment.replaced_by:
        return InvalidState(
            "another payment replaced this one: read or retry the payment in replaced_by",
            status=payment.status,
            replaced_by=payment.replaced_by,
        )
    if any(attempt.written_off_minor for attempt in payment.attempts):
        message = (
            "a decision wrote off money of this payment, so a retry would charge twice: use a new merchant_order_id"
        )
        return InvalidState(message, status=payment.status)
    message = "an earlier attempt is paid or may still be; retry once the status is failed, cancelled or expired"
    return InvalidState(message, status=payment.status)


def _next_attempt(payment: Payment, options: RetryOptions, workspace: Workspace, ports: Ports) -> Attempt:
    if not transitions.can_retry(payment):
        raise _no_retry_error(payment)
    if len(payment.attempts) >= ATTEMPTS_MAX:
        raise InvalidState(f"a payment has at most {ATTEMPTS_MAX} attempts; use a new merchant_order_id")
    last = payment.current
    if last.terms.is_direct and not options.source_token:
        raise InvalidState("a payment_method is good for one charge: send a new one to retry")
    terms = replace(last.terms, source_token=options.source_token)
    wanted = options.gateway or last.gateway
    account = choose_account(wanted, payment.amount, terms, workspace, ports)
    return new_attempt(last.number + 1, payment, account, terms, ports)
