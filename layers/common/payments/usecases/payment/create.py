"""Create a payment. The attempt is stored before the gateway is called, and the answer after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from payments.domain.change import Change
from payments.domain.records.payment import Customer, Payment
from payments.domain.rules import transitions
from payments.domain.values import checkout_tokens
from payments.domain.values.account import Account
from payments.domain.values.ids import PAYMENT
from payments.domain.values.money import Money
from payments.domain.values.status import Status
from payments.domain.values.terms import AS_IT_COMES, Terms
from payments.record import record
from payments.store.contract.claims import Claim, KeyUsed, StoredAnswer
from payments.store.contract.errors import Conflict
from payments.store.contract.payments import OrderExists
from payments.store.contract.workspaces import Workspace
from payments.usecases.commit import Riders, commit
from payments.usecases.context import Context
from payments.usecases.errors import Busy, DuplicateOrder
from payments.usecases.gateway.routing import choose_account
from payments.usecases.idempotency import Key, new_claim
from payments.usecases.payment.attempts import new_attempt, with_tokens
from payments.usecases.payment.checkout import Opening, open_checkout, replay_opening
from payments.usecases.ports import Ports


@record
class NewPayment:
    """A validated request for a payment. `return_url` has an allowed origin."""

    workspace: Workspace
    merchant_order_id: str
    amount: Money
    gateway: str  # "" for the first suitable one of the workspace's list.
    return_url: str
    expires_in_s: int
    customer: Customer | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    terms: Terms = AS_IT_COMES


def initiate_payment(order: NewPayment, key: Key, context: Context) -> StoredAnswer:
    """Create a payment with its checkout and return the answer. A repeated key returns the same answer.

    Raises:
        DuplicateOrder, KeyReused, InProgress, and what `choose_account` raises: nothing was done.
        OutcomePending: the gateway's answer was lost; repeat with the same key.
        GatewayRefused: the gateway refused the order; the attempt has failed.
        GatewayDown: the gateway was not reached; repeat with the same key.
    """
    account = choose_account(order.gateway, order.amount, order.terms, order.workspace, context.ports)
    token = checkout_tokens.checkout_token(context.ports.ids.token(""), order.workspace.id)
    payment = _new_payment(order, account, token, context.ports)
    claim = new_claim(key, payment.id, payment.current.id, context.ports, token)
    try:
        payment = _add(payment, claim, context)
    except Conflict as raced:
        raise Busy("too many requests for this order at once; repeat with the same key") from raced
    except KeyUsed as existing:
        return replay_opening(existing.claim, key, context)
    return open_checkout(payment, Opening(claim, key, context))


def _add(payment: Payment, claim: Claim, context: Context) -> Payment:
    """Store the payment and its claim: as the order's first, or in place of an ended payment of another amount."""
    first = transitions.opened(payment, context.why, payment.created_at)

    def riders(_: Change) -> Riders:
        return Riders(opens=claim)

    try:
        return commit(context, lambda: first, lambda opened: opened, riders=riders).written.payment
    except OrderExists as existing:
        earlier_id = existing.payment_id

    def decide(earlier: Payment) -> Change:
        if earlier.amount == payment.amount or not transitions.can_be_replaced(earlier):
            raise DuplicateOrder("this merchant_order_id has a payment; read or retry it", payment_id=earlier.id)
        return transitions.replaced(earlier, payment, context.why, payment.created_at)

    try:
        return commit(context, lambda: context.store.get_payment(earlier_id), decide, riders=riders).written.payment
    except OrderExists as existing:
        raise DuplicateOrder(
            "this merchant_order_id has a payment; read or retry it", payment_id=existing.payment_id
        ) from existing


def _new_payment(order: NewPayment, account: Account, token: str, ports: Ports) -> Payment:
    now = ports.clock.now()
    payment = Payment(
        id=ports.ids.new(PAYMENT, now),
        workspace_id=order.workspace.id,
        merchant_order_id=order.merchant_order_id,
        amount=order.amount,
        status=Status.CREATED,
        version=0,
        attempts=(),
        return_url=order.return_url,
        created_at=now,
        updated_at=now,
        customer=order.customer,
        metadata=order.metadata,
        expires_in_s=order.expires_in_s,
        is_routed=not order.gateway,
    )
    attempt = new_attempt(1, payment, account, order.terms, ports)
    return with_tokens(replace(payment, attempts=(attempt,)), token)
