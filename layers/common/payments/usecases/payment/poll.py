"""One check of the polling execution. While the payment is open the error's name is the rung of the ladder."""

from __future__ import annotations

from datetime import datetime

from payments.domain.records.event import Why
from payments.domain.values import polling
from payments.domain.values.status import Status
from payments.gateways.contract.errors import GatewayError
from payments.record import record
from payments.store.contract.errors import StoreError
from payments.usecases.errors import why_of
from payments.usecases.payment.sync import sync_attempt
from payments.usecases.ports import Ports


class StillOpen(Exception):
    """The state machine retries after the seconds its subclass names."""


class PendingEvery3s(StillOpen):
    pass


class PendingEvery6s(StillOpen):
    pass


class PendingEvery10s(StillOpen):
    pass


class PendingEvery30s(StillOpen):
    pass


class PendingEvery60s(StillOpen):
    pass


_RUNGS = {3: PendingEvery3s, 6: PendingEvery6s, 10: PendingEvery10s, 30: PendingEvery30s, 60: PendingEvery60s}


@record
class Execution:
    """What the state machine hands on: the attempt, and its times, so that the ladder holds without the store."""

    workspace_id: str
    payment_id: str
    attempt_id: str
    sent_at: datetime
    expires_at: datetime


def poll_attempt(execution: Execution, ports: Ports) -> Status:
    """The attempt's end, or its open status once the sweep looks after it: at the closing check, or while it is held.

    Raises:
        StillOpen: check again; its subclass says when.
    """
    now = ports.clock.now()
    status = _check(execution, ports)
    if not status.is_open or status is Status.AUTHORIZED or now >= execution.expires_at:
        return status
    raise _RUNGS[polling.rung((now - execution.sent_at).total_seconds())](execution.attempt_id)


def _check(execution: Execution, ports: Ports) -> Status:
    """An outage, a throttled store and an unknown payment leave it open: the next check may know more."""
    attempt_id, context = execution.attempt_id, ports.context(execution.workspace_id, Why("system", "poll"))
    try:
        payment, _ = sync_attempt(execution.payment_id, attempt_id, context)
    except (GatewayError, StoreError) as silence:
        facts = {"attempt_id": attempt_id, "error": type(silence).__name__, "why": why_of(silence)}
        ports.note("poll.unanswered", level="WARNING", **facts)
        return Status.PENDING
    return payment.attempt(attempt_id).status
