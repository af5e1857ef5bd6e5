"""Read refunds. No gateway is called."""

from __future__ import annotations

from payments.domain.records.refund import Refund
from payments.usecases.errors import RefundNotFound
from payments.usecases.payment.lookup import payment_of
from payments.usecases.ports import Ports
from payments.usecases.translate import get_or_raise


def get_refund(workspace_id: str, refund_id: str, ports: Ports) -> Refund:
    """Raises RefundNotFound."""
    return get_or_raise(ports.store.within(workspace_id).get_refund, refund_id, RefundNotFound("no such refund"))


def list_refunds(workspace_id: str, payment_id: str, ports: Ports) -> list[Refund]:
    """The payment's refunds, oldest first. Raises PaymentNotFound."""
    store = ports.store.within(workspace_id)
    return store.list_refunds(payment_of(store, payment_id).id)
