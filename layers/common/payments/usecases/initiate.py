"""Open a payment: the intent first, then the gateway, then its answer with the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from payments.domain import capability, transitions
from payments.domain.change import Change
from payments.domain.event import Why
from payments.domain.ids import ATTEMPT, PAYMENT
from payments.domain.money import Money
from payments.domain.payment import ATTEMPTS_MAX, Attempt, Customer, Payment
from payments.domain.status import Failure, FailureCode, Status
from payments.gateways.contract import (
    Checkout,
    CheckoutOrder,
    Gateway,
    GatewayError,
    OutcomeUnknown,
    Unavailable,
)
from payments.store.contract import Claim, Conflict, KeyTaken, NotFound, OrderTaken, Reply, WorkspaceStore
from payments.usecases.errors import (
    AmountBelowMinimum,
    Busy,
    DuplicateOrder,
    GatewayDown,
    GatewayRefused,
    InvalidState,
    OutcomePending,
    PaymentNotFound,
    UnsupportedCurrency,
    UseCaseError,
)
from payments.usecases.idempotency import Key, new_claim, replay, settle
from payments.usecases.parts import Parts
from payments.usecases.saving import TRIES, back_off, note_failure, save
from payments.usecases.sync import conclude

Render = Callable[[Payment, str], Reply]  # The payment and its checkout token.


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A checked request. `return_url` was rebuilt from its allow-listed parts."""

    workspace_id: str
    merchant_order_id: str
    amount: Money
    gateway: str
    return_url: str
    expires_in_s: int
    customer: Customer | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Opening:
    """What opening a checkout needs, whoever comes to do it: the first caller or one who resumes."""

    store: WorkspaceStore
    claim: Claim
    why: Why
    parts: Parts
    render: Render
    base_url: str

    @property
    def checkout_token(self) -> str:
        return self.claim.secret

    def return_url(self, payment: Payment) -> str:
        token = capability.return_token(self.checkout_token, payment.workspace_id)
        return f"{self.base_url}/v1/checkouts/{payment.id}/return?token={token}"


def initiate_payment(order: PaymentOrder, key: Key, why: Why, parts: Parts, render: Render, base_url: str) -> Reply:
    """A new payment with its checkout; the same reply for the same key.

    Raises:
        DuplicateOrder, KeyReused, InProgress, UnsupportedCurrency, AmountBelowMinimum: nothing was done.
        OutcomePending: the gateway's answer was lost; repeat with the same key.
        GatewayRefused: the gateway refused the order; the attempt has failed.
        GatewayDown: the gateway was not reached; repeat with the same key.
    """
    _refuse_amount(order, parts.gateway(order.gateway))
    store = parts.store.within(order.workspace_id)
    token = capability.checkout_token(parts.ids.token(""), order.workspace_id)
    payment = _new_payment(order, token, parts)
    claim = new_claim(key, payment.id, payment.live.id, parts, token)
    change = transitions.opened(payment, why, payment.created_at)
    for turn in range(TRIES):
        try:
            save(store, change, parts, opens=claim)
        except Conflict:
            back_off(parts, turn)
        except OrderTaken as taken:
            raise DuplicateOrder(
                "this merchant_order_id has a payment; read or retry it", payment_id=taken.payment_id
            ) from taken
        except KeyTaken as taken:
            return _replayed(taken.claim, key, store, why, parts, render, base_url)
        else:
            return _open_checkout(change.payment, _Opening(store, claim, why, parts, render, base_url))
    raise Busy("too many requests for this order at once; repeat with the same key")


def retry_payment(
    workspace_id: str, payment_id: str, key: Key, why: Why, parts: Parts, render: Render, base_url: str
) -> Reply:
    """The next attempt at a payment whose earlier ones are dead by proof.

    Raises:
        PaymentNotFound, InvalidState: nothing was done.
        And what `initiate_payment` raises of the gateway.
    """
    store = parts.store.within(workspace_id)
    for turn in range(TRIES):
        payment = _payment(store, payment_id)
        token = capability.checkout_token(parts.ids.token(""), workspace_id)
        try:
            attempt = _next_attempt(payment, parts)
            claim = new_claim(key, payment.id, attempt.id, parts, token)
            change = transitions.retried(_with_tokens(payment, token), attempt, why, attempt.created_at)
            save(store, change, parts, opens=claim)
        except Conflict:
            back_off(parts, turn)
        except KeyTaken as taken:
            return _replayed(taken.claim, key, store, why, parts, render, base_url)
        except InvalidState:
            known = _known_claim(store, key)
            if known is None:
                raise
            return _replayed(known, key, store, why, parts, render, base_url)
        else:
            return _open_checkout(change.payment, _Opening(store, claim, why, parts, render, base_url))
    raise Busy("too many requests for this payment at once; repeat with the same key")


def _known_claim(store: WorkspaceStore, key: Key) -> Claim | None:
    try:
        return store.get_claim(key.route, key.key_hash)
    except NotFound:
        return None


def _payment(store: WorkspaceStore, payment_id: str) -> Payment:
    try:
        return store.get_payment(payment_id)
    except NotFound as missing:
        raise PaymentNotFound("no such payment") from missing


def _refuse_amount(order: PaymentOrder, gateway: Gateway) -> None:
    minimum = gateway.minimum_minor.get(order.amount.currency)
    if minimum is None:
        currencies = sorted(gateway.minimum_minor)
        raise UnsupportedCurrency(f"{gateway.name} takes {', '.join(currencies)}", currencies=currencies)
    if order.amount.minor < minimum:
        raise AmountBelowMinimum(
            f"{gateway.name} takes at least {minimum} in {order.amount.currency} (minor units)", minimum=minimum
        )


def _new_payment(order: PaymentOrder, token: str, parts: Parts) -> Payment:
    now = parts.clock.now()
    attempt = _new_attempt(1, order.gateway, order.amount, order.expires_in_s, parts)
    payment = Payment(
        id=parts.ids.new(PAYMENT, now),
        workspace_id=order.workspace_id,
        merchant_order_id=order.merchant_order_id,
        amount=order.amount,
        status=Status.CREATED,
        version=0,
        attempts=(attempt,),
        return_url=order.return_url,
        created_at=now,
        updated_at=now,
        customer=order.customer,
        metadata=order.metadata,
        expires_in_s=order.expires_in_s,
    )
    return _with_tokens(payment, token)


def _with_tokens(payment: Payment, token: str) -> Payment:
    return replace(
        payment,
        checkout_token_hash=capability.fingerprint(token),
        return_token_hash=capability.fingerprint(capability.return_token(token, payment.workspace_id)),
    )


def _new_attempt(number: int, gateway: str, amount: Money, expires_in_s: int, parts: Parts) -> Attempt:
    now = parts.clock.now()
    return Attempt(
        id=parts.ids.new(ATTEMPT, now),
        number=number,
        gateway=gateway,
        amount=amount,
        status=Status.CREATED,
        created_at=now,
        sent_at=now,
        expires_at=now + timedelta(seconds=expires_in_s),
    )


def _next_attempt(payment: Payment, parts: Parts) -> Attempt:
    if not transitions.can_retry(payment):
        raise InvalidState(
            "an earlier attempt is paid or may still be; retry once the status is failed, cancelled or expired",
            status=payment.status,
        )
    if len(payment.attempts) >= ATTEMPTS_MAX:
        raise InvalidState(f"a payment has at most {ATTEMPTS_MAX} attempts; use a new merchant_order_id")
    last = payment.live
    return _new_attempt(last.number + 1, last.gateway, payment.amount, payment.expires_in_s, parts)


def _open_checkout(payment: Payment, opening: _Opening) -> Reply:
    attempt, parts = payment.attempt(opening.claim.subject_id), opening.parts
    order = CheckoutOrder(
        return_url=opening.return_url(payment),
        payment_id=payment.id,
        merchant_order_id=payment.merchant_order_id,
        expires_in_s=payment.expires_in_s,
        customer=payment.customer,
    )
    try:
        checkout = parts.gateway(attempt.gateway).create_checkout(attempt, order)
    except GatewayError as failure:
        note_failure(parts, failure, payment.id, attempt.id)
        raise _unopened(payment, attempt, failure, opening) from failure
    return _acknowledged(payment, attempt, checkout, opening)


def _unopened(payment: Payment, attempt: Attempt, failure: GatewayError, opening: _Opening) -> UseCaseError:
    if isinstance(failure, OutcomeUnknown):
        return _lost(payment, opening)
    if isinstance(failure, Unavailable):
        opening.store.end_lease(opening.claim, opening.parts.clock.now())
        return GatewayDown("the gateway was not reached; repeat with the same key", payment_id=payment.id)
    return _refused(payment, attempt, failure, opening)


def _refused(payment: Payment, attempt: Attempt, refusal: GatewayError, opening: _Opening) -> GatewayRefused:
    failure = Failure(FailureCode.REJECTED, refusal.code, str(refusal))
    _record(
        payment,
        lambda now: transitions.refused(now, attempt.id, failure, opening.why, opening.parts.clock.now()),
        opening,
    )
    return _refusal(payment, failure)


def _refusal(payment: Payment, failure: Failure) -> GatewayRefused:
    return GatewayRefused(
        "the gateway refused this order; mend the cause, then retry the payment",
        payment_id=payment.id,
        gateway_code=failure.gateway_code,
    )


def _lost(payment: Payment, opening: _Opening) -> OutcomePending:
    attempt_id = opening.claim.subject_id
    _record(
        payment,
        lambda now: transitions.outcome_unknown(now, attempt_id, opening.why, opening.parts.clock.now()),
        opening,
    )
    return _pending(payment)


def _pending(payment: Payment) -> OutcomePending:
    return OutcomePending(
        "the gateway's answer was lost: the payment exists and is pending; repeat with the same key",
        payment_id=payment.id,
    )


def _record(payment: Payment, decide: Callable[[Payment], Change], opening: _Opening) -> None:
    """Write what happened at the gateway, then let the next caller in. A racing writer only means: decide again."""
    for turn in range(TRIES):
        try:
            save(opening.store, decide(payment), opening.parts)
        except Conflict:
            back_off(opening.parts, turn)
            payment = opening.store.get_payment(payment.id)
        else:
            break
    opening.store.end_lease(opening.claim, opening.parts.clock.now())


def _acknowledged(payment: Payment, attempt: Attempt, checkout: Checkout, opening: _Opening) -> Reply:
    parts, store = opening.parts, opening.store
    attempt = replace(attempt, expires_at=checkout.expires_at or attempt.expires_at)
    is_carried = parts.flow.start_poll(payment, attempt)
    for turn in range(TRIES):
        opened = replace(
            payment.attempt(attempt.id),
            checkout_ref=checkout.ref,
            checkout_url=checkout.redirect_url,
            expires_at=attempt.expires_at,
            is_carried=is_carried,
        )
        change = transitions.acknowledged(payment, opened, opening.why, parts.clock.now())
        reply = opening.render(change.payment, opening.checkout_token)
        try:
            save(store, change, parts, closes=replace(opening.claim, reply=reply))
        except Conflict:
            if stored := store.get_claim(opening.claim.route, opening.claim.key_hash).reply:
                return stored  # Another caller resumed and answered first: one key, one answer.
            back_off(parts, turn)
            payment = store.get_payment(payment.id)
        else:
            return reply
    raise _pending(payment)


def _replayed(
    claim: Claim, key: Key, store: WorkspaceStore, why: Why, parts: Parts, render: Render, base_url: str
) -> Reply:
    def resume(leased: Claim) -> Reply:
        return _resume(_Opening(store, leased, why, parts, render, base_url))

    return replay(claim, key, store, parts, resume)


def _resume(opening: _Opening) -> Reply:
    """Somebody began and was not heard of again: ask the gateway before anything is sent to it."""
    payment = opening.store.get_payment(opening.claim.payment_id)
    attempt = payment.attempt(opening.claim.subject_id)
    if attempt.failure and attempt.failure.code is FailureCode.REJECTED:
        opening.store.end_lease(opening.claim, opening.parts.clock.now())
        raise _refusal(payment, attempt.failure)
    if attempt.status is not Status.CREATED:
        return _settled(payment, opening)
    try:
        snapshot = opening.parts.gateway(attempt.gateway).fetch_payment(attempt)
    except GatewayError as silence:
        opening.store.end_lease(opening.claim, opening.parts.clock.now())
        raise _pending(payment) from silence
    if snapshot.status is Status.CREATED:
        return _resend(payment, opening)
    change = conclude(opening.store, payment, attempt, snapshot, opening.why, opening.parts)
    try:
        if change:
            save(opening.store, change, opening.parts)
    except Conflict:  # Somebody else learned it first.
        return _settled(opening.store.get_payment(payment.id), opening)
    return _settled(change.payment if change else payment, opening)


def _resend(payment: Payment, opening: _Opening) -> Reply:
    """The gateway has never heard of it: send it again under the same id."""
    change = transitions.resent(payment, opening.claim.subject_id, opening.why, opening.parts.clock.now())
    try:
        save(opening.store, change, opening.parts)
    except Conflict as raced:
        raise _pending(payment) from raced
    return _open_checkout(change.payment, opening)


def _settled(payment: Payment, opening: _Opening) -> Reply:
    """The gateway has it but its address is lost: nobody can be sent there, so the answer carries no address."""
    return settle(opening.claim, opening.render(payment, opening.checkout_token), opening.store)
