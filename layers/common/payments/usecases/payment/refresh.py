"""Sync a payment with its gateway for a caller of the API."""

from __future__ import annotations

from payments.domain.records.payment import Payment
from payments.domain.records.snapshot import Snapshot
from payments.gateways.contract.errors import GatewayError, OutcomeUnknown
from payments.store.contract.errors import Conflict
from payments.usecases.context import Context
from payments.usecases.errors import Busy, GatewayDown, OutcomePending
from payments.usecases.payment.lookup import payment_of
from payments.usecases.payment.sync import sync_current


def refresh_payment(payment_id: str, context: Context) -> Payment:
    """Sync the payment with the gateway and return it. Raises PaymentNotFound, GatewayDown."""
    payment = payment_of(context.store, payment_id)
    try:
        return sync_current(payment, context)
    except GatewayError as silence:
        raise GatewayDown(
            "the gateway gave no usable answer; the stored state is unchanged", payment_id=payment_id
        ) from silence


def sync_or_raise(payment: Payment, context: Context) -> tuple[Payment, Snapshot | None]:
    """The payment after a check, and the gateway's last answer; None if the current attempt has ended.

    Raises:
        OutcomePending, GatewayDown, Busy: the attempt is checked again later.
    """
    answers = list[Snapshot]()
    try:
        payment = sync_current(payment, context, answers.append)
        return payment, answers[-1] if answers else None
    except OutcomeUnknown as lost:
        raise OutcomePending(
            "the gateway's answer was lost, and the system asks again: read the payment later", payment_id=payment.id
        ) from lost
    except GatewayError as silence:
        message = "the gateway gave no usable answer; it is asked again: read the payment later"
        if silence.needs_person:
            message = "the gateway refuses the keys of this deployment: have them mended; it is asked again"
        raise GatewayDown(message, payment_id=payment.id) from silence
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
