"""Fetch a dispute from its gateway now."""

from __future__ import annotations

from payments.domain.records.dispute import Dispute
from payments.usecases.context import Context
from payments.usecases.dispute.read import dispute_of
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.translate import sync_or_raise


def refresh_dispute(dispute_id: str, context: Context) -> Dispute:
    """Fetch the dispute from the gateway now. Raises DisputeNotFound, OutcomePending, GatewayDown, Busy."""
    return check_dispute(dispute_of(context.store, dispute_id), context)


def check_dispute(dispute: Dispute, context: Context) -> Dispute:
    """The dispute after a check. Raises OutcomePending, GatewayDown, Busy."""
    after, _ = sync_or_raise(
        lambda: sync_dispute(dispute.account, dispute.ref, context.why, context.ports), "dispute", dispute.payment_id
    )
    return after or dispute
