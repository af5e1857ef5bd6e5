"""Sync: ask the gateway about a dispute and save the outcome. Webhook, daily list, sweep and API all use it."""

from __future__ import annotations

from payments.domain.change import Change
from payments.domain.records.dispute import Dispute, DisputeSnapshot
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, NoSuchAttempt, Payment
from payments.domain.rules import disputing
from payments.domain.values.account import Account
from payments.domain.values.ids import DISPUTE
from payments.gateways.contract.disputes import CanDispute
from payments.gateways.contract.errors import Rejected, Unavailable, Unsupported
from payments.record import record
from payments.store.contract.deliveries import Delivery, Location
from payments.store.contract.errors import NotFound
from payments.usecases.commit import Riders, commit
from payments.usecases.context import Context
from payments.usecases.errors import refusal_of
from payments.usecases.ports import Ports

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
