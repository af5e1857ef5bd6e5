"""Disputes: read, refresh and accept them. Webhook, daily list, sweep and API all apply reports by `sync_dispute`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from payments.domain.change import Change
from payments.domain.records.dispute import Dispute, DisputeSnapshot, DisputeStatus
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, NoSuchAttempt, Payment
from payments.domain.rules import disputing
from payments.domain.values.account import Account
from payments.domain.values.ids import DISPUTE
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown, Rejected, Unavailable, Unsupported
from payments.record import record
from payments.store.contract.deliveries import Delivery, Location
from payments.store.contract.errors import Conflict, NotFound
from payments.store.contract.lists import Page
from payments.usecases.commit import Riders, commit
from payments.usecases.context import Context
from payments.usecases.errors import (
    Busy,
    DisputeNotFound,
    GatewayDown,
    GatewayRefused,
    InvalidState,
    OutcomePending,
    UnsupportedByGateway,
    refusal_of,
)
from payments.usecases.payment.lookup import payment_of
from payments.usecases.ports import Ports

if TYPE_CHECKING:
    from payments.store.contract.stores import WorkspaceStore


State = tuple[Payment, Dispute | None]


def sync_dispute(
    account: Account, ref: str, why: Why, ports: Ports, handled: Delivery | None = None
) -> tuple[Dispute | None, bool]:
    """Fetch the dispute `ref` from the gateway account and save what changed.

    Returns the dispute, and whether the delivery `handled` was marked as applied with it. The dispute is None where the
    gateway's phase or status is unknown: then a case is opened instead of a record.

    Raises:
        NotFound: the gateway does not know it, or we have no such payment.
        GatewayError, StoreError: nothing was written.
    """
    gateway = _gateway_of(account, ports)
    known = ports.store.locate_dispute(account.gateway, ref)
    first = None if known else _fetch(gateway, ref)
    where = known or _locate(account.gateway, first, ports)
    if where is None:
        raise NotFound(ref)
    sync = _Sync(ports.context(where.workspace_id, why), gateway, where, ref, first)
    done = commit(
        sync.context,
        sync.read,
        sync.decide,
        riders=lambda change: Riders(handled=handled),
    )
    return (_of(done.change) if done.change else done.state[1]), done.change is not None


@record
class _Sync:
    """One sync of the dispute `ref`. `first` is the gateway's report, where we have no record of the dispute yet."""

    context: Context
    gateway: CanDispute
    where: Location
    ref: str
    first: DisputeSnapshot | None

    def read(self) -> State:
        """The payment and the dispute's record, if there is one by now."""
        if self.first is None:
            return self.context.store.get_disputing(self.where.stream_id, self.where.subject_id)
        payment = self.context.store.get_payment(self.where.stream_id)
        own = (dispute for dispute in self.context.store.list_disputes(payment.id) if dispute.ref == self.ref)
        return payment, next(own, None)

    def decide(self, state: State) -> Change | None:
        payment, dispute = state
        if dispute is None and self.first:
            attempt, at = _attempt_of(payment, self.where.subject_id, self.first), self.context.now()
            dispute_id = self.context.ports.ids.new(DISPUTE, at)
            return disputing.opened(payment, attempt, dispute_id, self.first, self.context.why, at)
        if dispute is None:
            raise NotFound(self.ref)
        return _fetch_and_decide(self.gateway, payment, dispute, self.context)


def _fetch_and_decide(gateway: CanDispute, payment: Payment, dispute: Dispute, context: Context) -> Change | None:
    """Fetch the dispute, accept it at the gateway if the merchant requested it, and decide. Saves nothing."""
    snapshot = _fetch(gateway, dispute.ref)
    is_open = snapshot.status is not None and not snapshot.status.is_ended
    if dispute.is_accepting and is_open:
        try:
            snapshot = gateway.accept_dispute(dispute.ref)
        except (Rejected, Unsupported) as refusal:
            moved = disputing.advance(payment, dispute, snapshot, context.why, context.now())
            return moved or disputing.accept_refused(payment, dispute, refusal_of(refusal), context.why, context.now())
    return disputing.advance(payment, dispute, snapshot, context.why, context.now())


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
    return _get_dispute(dispute_id, ports.store.within(workspace_id))


def _get_dispute(dispute_id: str, store: WorkspaceStore) -> Dispute:
    try:
        return store.get_dispute(dispute_id)
    except NotFound as missing:
        raise DisputeNotFound("no such dispute") from missing


def list_payment_disputes(workspace_id: str, payment_id: str, ports: Ports) -> list[Dispute]:
    """Oldest first. Raises PaymentNotFound."""
    store = ports.store.within(workspace_id)
    return store.list_disputes(payment_of(store, payment_id).id)


def refresh_dispute(dispute_id: str, context: Context) -> Dispute:
    """Fetch the dispute from the gateway now. Raises DisputeNotFound, OutcomePending, GatewayDown, Busy."""
    return _sync_or_raise(_get_dispute(dispute_id, context.store), context)


def accept_dispute(dispute_id: str, reason: str, context: Context) -> Dispute:
    """Accept the dispute, which loses it, and return it. A repeated call accepts nothing twice.

    Raises:
        DisputeNotFound, InvalidState, UnsupportedByGateway: nothing was done.
        OutcomePending, GatewayDown: the request is stored, and the sweep sends it again.
        Busy: the caller may repeat the request. If it was stored already, the sweep sends it.
        GatewayRefused: the gateway refused, and the dispute goes on.
    """
    dispute = _get_dispute(dispute_id, context.store)
    if dispute.status is DisputeStatus.LOST:
        return dispute
    _require_can_dispute(dispute.account, context.ports)

    def decide(read: tuple[Payment, Dispute]) -> Change | None:
        payment, found = read
        if found.status is DisputeStatus.LOST or found.is_accepting:
            return None
        if found.status.is_ended:
            raise InvalidState("this dispute has ended", status=found.status)
        return disputing.accept_requested(payment, found, reason, context.why, context.now())

    try:
        commit(context, lambda: context.store.get_disputing(dispute.payment_id, dispute_id), decide)
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
    after = _sync_or_raise(dispute, context)
    if not after.status.is_ended and not after.is_accepting:
        raise GatewayRefused("the gateway refused the acceptance, and the dispute goes on", dispute_id=dispute_id)
    return after


def _require_can_dispute(account: Account, ports: Ports) -> None:
    if not isinstance(ports.gateway(account), CanDispute):
        raise UnsupportedByGateway(f"disputes of {account.gateway} cannot be accepted here: use its dashboard")


def _sync_or_raise(dispute: Dispute, context: Context) -> Dispute:
    try:
        after = sync_dispute(dispute.account, dispute.ref, context.why, context.ports)[0]
    except OutcomeUnknown as lost:
        raise OutcomePending(
            "the gateway's answer was lost, and the system asks it again: read the dispute later",
            payment_id=dispute.payment_id,
        ) from lost
    except (GatewayError, NotFound) as silence:
        raise GatewayDown(
            "the gateway gave no usable answer; it is asked again", payment_id=dispute.payment_id
        ) from silence
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
    return after or dispute


def _gateway_of(account: Account, ports: Ports) -> CanDispute:
    gateway = ports.gateway(account)
    if not isinstance(gateway, CanDispute):
        raise Unsupported(f"{account.gateway} has no disputes here")
    return gateway


def _fetch(gateway: CanDispute, ref: str) -> DisputeSnapshot:
    try:
        snapshot = gateway.fetch_dispute(ref)
    except Rejected as refusal:
        if refusal.is_unknown:
            raise NotFound(ref) from refusal
        raise
    if snapshot.ref != ref:
        raise Unavailable(f"the gateway answered about another dispute than {ref}")
    return snapshot


def _locate(gateway_name: str, snapshot: DisputeSnapshot | None, ports: Ports) -> Location | None:
    """Find the payment: by our id if the gateway gives it, else by the gateway's id of the checkout or capture."""
    if snapshot is None:
        return None
    found = ports.store.locate(gateway_name, snapshot.subject_id) if snapshot.subject_id else None
    if found is None and snapshot.subject_ref:
        found = ports.store.locate_by_ref(gateway_name, snapshot.subject_ref)
    return found


def _attempt_of(payment: Payment, attempt_id: str, snapshot: DisputeSnapshot) -> Attempt:
    """The disputed attempt. If the payer paid twice, the gateway's id of the capture decides which one."""
    same = (one for one in payment.attempts if snapshot.subject_ref and one.payment_ref == snapshot.subject_ref)
    try:
        return next(same, None) or payment.attempt(attempt_id)
    except NoSuchAttempt as missing:
        raise NotFound(attempt_id) from missing


def _of(change: Change | None) -> Dispute | None:
    records = change.records if change else ()
    return next((record for record in reversed(records) if isinstance(record, Dispute)), None)
