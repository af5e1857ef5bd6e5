"""Read disputes. No gateway is called."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from payments.domain.records.dispute import Dispute, DisputeStatus
from payments.record import record
from payments.store.contract.lists import Page
from payments.usecases.errors import DisputeNotFound
from payments.usecases.payment.lookup import payment_of
from payments.usecases.ports import Ports
from payments.usecases.translate import get_or_raise

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


@record
class DisputeFilter:
    """What to list. `due_before` leaves only disputes that must be answered before it."""

    status: str | None
    due_before: datetime | None
    limit: int
    cursor: str | None


def list_disputes(workspace_id: str, wanted: DisputeFilter, ports: Ports) -> Page[Dispute]:
    statuses = [DisputeStatus(wanted.status)] if wanted.status else list(DisputeStatus)
    if due_before := wanted.due_before:
        statuses = [status for status in statuses if not status.is_ended]
    page = ports.store.within(workspace_id).list_all_disputes(statuses, wanted.limit, wanted.cursor)
    if due_before is None:
        return page
    return Page(tuple(dispute for dispute in page.found if _is_due_before(dispute, due_before)), page.next_cursor)


def _is_due_before(dispute: Dispute, at: datetime) -> bool:
    return dispute.wants_answer and dispute.respond_by is not None and dispute.respond_by < at


def get_dispute(workspace_id: str, dispute_id: str, ports: Ports) -> Dispute:
    """Raises DisputeNotFound."""
    return dispute_of(ports.store.within(workspace_id), dispute_id)


def dispute_of(store: WorkspaceStore, dispute_id: str) -> Dispute:
    """Raises DisputeNotFound."""
    return get_or_raise(store.get_dispute, dispute_id, DisputeNotFound("no such dispute"))


def list_payment_disputes(workspace_id: str, payment_id: str, ports: Ports) -> list[Dispute]:
    """Oldest first. Raises PaymentNotFound."""
    store = ports.store.within(workspace_id)
    return store.list_disputes(payment_of(store, payment_id).id)
