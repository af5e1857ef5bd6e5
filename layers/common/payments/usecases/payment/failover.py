"""Failover: try the next gateway, if it is certain that nothing can be paid at the first one."""

from __future__ import annotations

from dataclasses import replace

from payments.domain.change import Change
from payments.domain.records.payment import ATTEMPTS_MAX, Attempt, Payment
from payments.domain.rules import transitions
from payments.domain.values.account import Account
from payments.domain.values.status import Failure, FailureCode, Status
from payments.gateways.contract.errors import GatewayError, Misconfigured, Rejected, Unavailable
from payments.gateways.contract.payments import CanCancel
from payments.store.contract.errors import Conflict, InvalidWorkspace
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.gateway.routing import next_account
from payments.usecases.payment.attempts import new_attempt
from payments.usecases.payment.policies import report_invalid
from payments.usecases.ports import Ports


def fail_over(payment: Payment, attempt: Attempt, failure: GatewayError, context: Context) -> Payment | None:
    """Save an attempt at the next gateway and return the payment. None if there is no next one, or it is not safe."""
    if not payment.is_routed or attempt.terms.is_direct or len(payment.attempts) >= ATTEMPTS_MAX:
        return None
    account = _next_account(payment, attempt, context)
    if account is None or not _is_unopened(attempt, failure, context.ports):
        return None
    why_failed = Failure(_CODES.get(type(failure), FailureCode.OTHER), failure.code, _why_unopened(attempt, failure))

    def decide(read: Payment) -> Change | None:
        if read.attempt(attempt.id).sent_at != attempt.sent_at:
            return None  # A repeated request has sent it again.
        successor = new_attempt(attempt.number + 1, read, account, attempt.terms, context.ports)
        successor = replace(successor, failed_over_from=attempt.id)
        return transitions.failed_over(read, attempt.id, why_failed, successor, context.why, context.now())

    try:
        done = commit(context, lambda: context.store.get_payment(payment.id), decide, first=payment)
    except Conflict:
        return None
    return done.change.payment if done.change else None


def _next_account(payment: Payment, attempt: Attempt, context: Context) -> Account | None:
    """The next account; None if there is none, or if the workspace's settings are invalid."""
    try:
        return next_account(payment, attempt, context.store.get_workspace(), context.ports)
    except InvalidWorkspace as invalid:
        report_invalid(invalid, context.ports.note, context.ports.count)
        return None


_CODES = {
    Rejected: FailureCode.REJECTED,
    Unavailable: FailureCode.METHOD_UNAVAILABLE,
    Misconfigured: FailureCode.METHOD_UNAVAILABLE,
}


def _why_unopened(attempt: Attempt, failure: GatewayError) -> str:
    return ": ".join(filter(None, (f"{attempt.gateway} opened nothing", failure.words)))


def _is_unopened(attempt: Attempt, failure: GatewayError, ports: Ports) -> bool:
    """Whether nothing can be paid: the only call was refused or never sent, or its checkout is closed again."""
    if attempt.sent_at != attempt.created_at:
        return False  # An earlier call may still arrive.
    if isinstance(failure, Rejected | Unavailable):
        return True
    gateway = ports.gateway(attempt.account)
    if not isinstance(gateway, CanCancel):
        return False
    try:
        return gateway.cancel_payment(attempt).status is Status.CANCELLED
    except GatewayError:
        return False
