"""Refresh, verify and view one payment, and the payer's return from the gateway."""

from __future__ import annotations

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.checkout.responses import CheckoutView
from payments.api.form import NoFields
from payments.api.payment.actions import VerifyRequest
from payments.api.payment.responses import PaymentView
from payments.api.response import redirect
from payments.api.routes import ANY_MEMBER, Capability
from payments.usecases.payment import read, refresh, return_payer, verify

api = Api("checkout", wiring)


@api.post(
    "/v1/payments/{payment_id}/refresh",
    roles=ANY_MEMBER,
    body=NoFields,
    answer=PaymentView,
    codes=("busy", "gateway_unavailable"),
)
def refresh_payment(call: Call, body: NoFields, payment_id: str) -> Result:
    """Ask the gateway about the payment once, then read it."""
    payment = refresh.refresh_payment(payment_id, call.context("refresh"))
    return PaymentView.of(payment, is_staff=call.is_staff)


@api.post(
    "/v1/payments/{payment_id}/verify",
    roles=ANY_MEMBER,
    body=VerifyRequest,
    answer=PaymentView,
    codes=("busy", "gateway_unavailable", "outcome_unknown", "proof_refused"),
)
def verify_payment(call: Call, body: VerifyRequest, payment_id: str) -> Result:
    """Check the proof that the gateway's script gave to the browser, then ask the gateway."""
    payment = verify.verify_payment(payment_id, body.proof, call.context("verify"))
    return PaymentView.of(payment, is_staff=call.is_staff)


@api.get("/v1/checkouts/{payment_id}", capability=Capability.BEARER, answer=CheckoutView)
def get_checkout(call: Call, payment_id: str) -> Result:
    """Read what the payer may see of a payment, with the checkout token."""
    return CheckoutView.of(read.get_checkout(payment_id, call.token, call.ports))


@api.get("/v1/checkouts/{payment_id}/return", capability=Capability.QUERY, status=302, has_slash_twin=True)
def return_from_checkout(call: Call, payment_id: str) -> Result:
    """Receive the payer's browser from a gateway, and redirect it to return_url."""
    return redirect(return_payer.return_payer(payment_id, call.token, call.ports))


handler = api
