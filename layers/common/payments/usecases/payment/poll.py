"""Polling: one check of an attempt for the state machine. The error's name is the interval to the next check."""

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
    """The attempt is open. The state machine checks again after the seconds in the subclass's name."""


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
    """The state machine's input: the attempt and its times, so that intervals can be computed without the store."""

    workspace_id: str
    payment_id: str
    attempt_id: str
    sent_at: datetime
    expires_at: datetime


def poll_attempt(execution: Execution, ports: Ports) -> Status:
    """Check the attempt. Returns its status if polling ends: the attempt ended, is authorized, or has expired.

    Raises:
        StillOpen: polling goes on; the subclass says when.
    """
    now = ports.clock.now()
    status = _check(execution, ports)
    if not status.is_open or status is Status.AUTHORIZED or now >= execution.expires_at:
        return status
    raise _RUNGS[polling.rung((now - execution.sent_at).total_seconds())](execution.attempt_id)


def _check(execution: Execution, ports: Ports) -> Status:
    """The attempt's status after a sync; pending if gateway or store did not answer."""
    attempt_id, context = execution.attempt_id, ports.context(execution.workspace_id, Why("system", "poll"))
    try:
        payment, _ = sync_attempt(execution.payment_id, attempt_id, context)
    except (GatewayError, StoreError) as silence:
        facts = {"attempt_id": attempt_id, "error": type(silence).__name__, "why": why_of(silence)}
        ports.note("poll.unanswered", level="WARNING", **facts)
        return Status.PENDING
    return payment.attempt(attempt_id).status
