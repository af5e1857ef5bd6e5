"""Fetch a dispute from its gateway now."""

from __future__ import annotations

from payments.domain.records.dispute import Dispute
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown
from payments.store.contract.errors import Conflict, NotFound
from payments.usecases.context import Context
from payments.usecases.dispute.read import dispute_of
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.errors import Busy, GatewayDown, OutcomePending


def refresh_dispute(dispute_id: str, context: Context) -> Dispute:
    """Fetch the dispute from the gateway now. Raises DisputeNotFound, OutcomePending, GatewayDown, Busy."""
    return sync_or_raise(dispute_of(dispute_id, context.store), context)


def sync_or_raise(dispute: Dispute, context: Context) -> Dispute:
    """The dispute after a check. Raises OutcomePending, GatewayDown, Busy."""
    try:
        after = sync_dispute(dispute.account, dispute.ref, context.why, context.ports)[0]
    except OutcomeUnknown as lost:
        raise OutcomePending(
            "the gateway's answer was lost, and the system asks it again: read the dispute later",
            payment_id=dispute.payment_id,
        ) from lost
    except (GatewayError, NotFound) as silence:
        raise GatewayDown(
            "the gateway gave no usable answer; it is asked again: read the dispute later",
            payment_id=dispute.payment_id,
        ) from silence
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
    return after or dispute
