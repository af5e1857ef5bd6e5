"""Verify the proof that the gateway's script gave to the payer's browser."""

from __future__ import annotations

from collections.abc import Mapping

from payments.domain.records.payment import Payment
from payments.gateways.contract.payments import CanVerify
from payments.usecases.context import Context
from payments.usecases.errors import ProofRefused
from payments.usecases.payment.lookup import payment_of
from payments.usecases.payment.refresh import check_payment


def verify_payment(payment_id: str, proof: Mapping[str, str], context: Context) -> Payment:
    """Check the proof that the gateway's script gave to the payer's browser, then sync and return the payment.

    At gateways whose scripts give no proof, none is checked.

    Raises:
        PaymentNotFound: nothing was done.
        ProofRefused: the proof is not valid for this attempt.
        GatewayDown: the gateway gave no usable answer.
    """
    payment = payment_of(context.store, payment_id)
    gateway = context.ports.gateway(payment.current.account)
    if isinstance(gateway, CanVerify) and not gateway.is_proved(payment.current, proof):
        raise ProofRefused("these values do not prove this payment: send what the gateway's script gave")
    return check_payment(payment, context)[0]
