"""Read refunds. No gateway is called."""

from __future__ import annotations

from payments.domain.records.refund import Refund
from payments.store.contract.errors import NotFound
from payments.usecases.errors import RefundNotFound
from payments.usecases.payment.lookup import payment_of
from payments.usecases.ports import Ports


def get_refund(workspace_id: str, refund_id: str, ports: Ports) -> Refund:
    """Raises RefundNotFound."""
    try:
        return ports.store.within(workspace_id).get_refund(refund_id)
    except NotFound as missing:
        raise RefundNotFound("no such refund") from missing


def list_refunds(workspace_id: str, payment_id: str, ports: Ports) -> list[Refund]:
    """The payment's refunds, oldest first. Raises PaymentNotFound."""
    store = ports.store.within(workspace_id)
    return store.list_refunds(payment_of(store, payment_id).id)
