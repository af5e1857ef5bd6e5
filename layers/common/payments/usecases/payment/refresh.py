"""Sync a payment with its gateway for a caller of the API."""

from __future__ import annotations

from payments.domain.records.payment import Payment
from payments.domain.records.snapshot import Snapshot
from payments.gateways.contract.errors import GatewayError
from payments.usecases.context import Context
from payments.usecases.errors import GatewayDown
from payments.usecases.payment.lookup import payment_of
from payments.usecases.payment.sync import sync_current
from payments.usecases.translate import sync_or_raise


def refresh_payment(payment_id: str, context: Context) -> Payment:
    """Sync the payment with the gateway and return it. Raises PaymentNotFound, GatewayDown."""
    payment = payment_of(context.store, payment_id)
    try:
        return sync_current(payment, context)
    except GatewayError as silence:
        raise GatewayDown(
            "the gateway gave no usable answer; the stored state is unchanged", payment_id=payment_id
        ) from silence


def check_payment(payment: Payment, context: Context) -> tuple[Payment, Snapshot | None]:
    """The payment after a check, and the gateway's last answer; None if the current attempt has ended.

    Raises:
        OutcomePending, GatewayDown, Busy: the attempt is checked again later.
    """
    answers = list[Snapshot]()
    checked = sync_or_raise(lambda: sync_current(payment, context, answers.append), "payment", payment.id)
    return checked, answers[-1] if answers else None
