"""Accept a dispute. The request is stored before the gateway is called."""

from __future__ import annotations

from payments.domain.change import Change
from payments.domain.records.dispute import Dispute, DisputeStatus
from payments.domain.records.payment import Payment
from payments.domain.rules import disputing
from payments.domain.values.account import Account
from payments.gateways.contract.disputes import CanDispute
from payments.store.contract.errors import Conflict
from payments.usecases.commit import commit
from payments.usecases.context import Context
from payments.usecases.dispute.read import dispute_of
from payments.usecases.dispute.refresh import check_dispute
from payments.usecases.errors import Busy, GatewayRefused, InvalidState, UnsupportedByGateway
from payments.usecases.ports import Ports


def accept_dispute(dispute_id: str, reason: str, context: Context) -> Dispute:
    """Accept the dispute, which loses it, and return it. A repeated call accepts nothing twice.

    Raises:
        DisputeNotFound, InvalidState, UnsupportedByGateway: nothing was done.
        OutcomePending, GatewayDown: the request is stored, and the sweep sends it again.
        Busy: the caller may repeat the request. If it was stored already, the sweep sends it.
        GatewayRefused: the gateway refused, and the dispute goes on.
    """
    dispute = dispute_of(context.store, dispute_id)
    if dispute.status is DisputeStatus.LOST:
        return dispute
    _require_can_dispute(dispute.account, context.ports)

    def decide(read: tuple[Payment, Dispute]) -> Change | None:
        payment, found = read
        if found.status is DisputeStatus.LOST or found.is_accepting:
            return None
        if found.status.is_ended:
            raise InvalidState("this dispute has ended: read its status", status=found.status)
        return disputing.accept_requested(payment, found, reason, context.why, context.now())

    try:
        commit(context, lambda: context.store.get_disputing(dispute.payment_id, dispute_id), decide)
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
    after = check_dispute(dispute, context)
    if not after.status.is_ended and not after.is_accepting:
        raise GatewayRefused(
            "the gateway refused the acceptance, and the dispute goes on: use the gateway's dashboard",
            dispute_id=dispute_id,
        )
    return after


def _require_can_dispute(account: Account, ports: Ports) -> None:
    if not isinstance(ports.gateway(account), CanDispute):
        raise UnsupportedByGateway(f"disputes of {account.gateway} cannot be accepted here: use its dashboard")
