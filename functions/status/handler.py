"""Reading payments, their timeline, what a payer's browser may see or bring, and which gateways there are."""

from __future__ import annotations

from payments import wiring
from payments.runtime.answer import redirect
from payments.runtime.api import Api, Call, Result
from payments.runtime.offers import GatewayList
from payments.runtime.paging import filter_of, next_cursor
from payments.runtime.records import EventList
from payments.runtime.routes import ANY_MEMBER, TIMELINE_READERS, Capability
from payments.runtime.schemas import GatewaysQuery, PaymentsQuery, RefreshQuery, VerifyRequest
from payments.runtime.views import CheckoutView, PaymentList, PaymentView
from payments.usecases import status as usecases
from payments.usecases.capture import verify_payment
from payments.usecases.gateways import list_gateways as list_offers

api = Api("status", wiring)


@api.get(
    "/v1/payments/{payment_id}",
    roles=ANY_MEMBER,
    query=RefreshQuery,
    answer=PaymentView,
    codes=("busy", "gateway_unavailable"),
)
def read_payment(call: Call, asked: RefreshQuery, payment_id: str) -> Result:
    """Read a payment; with refresh=true after one look at the gateway."""
    if asked.refresh:
        payment = usecases.refresh_payment(call.workspace_id, payment_id, call.why("refresh"), call.parts)
    else:
        payment = usecases.get_payment(call.workspace_id, payment_id, call.parts)
    return PaymentView.of(payment, is_staff=call.is_staff)


@api.post(
    "/v1/payments/{payment_id}/verify",
    roles=ANY_MEMBER,
    body=VerifyRequest,
    answer=PaymentView,
    codes=("busy", "gateway_unavailable", "outcome_unknown", "proof_refused"),
)
def verify(call: Call, asked: VerifyRequest, payment_id: str) -> Result:
    """Check what the gateway's script handed to the payer's browser, if it hands anything, then ask the gateway."""
    payment = verify_payment(call.workspace_id, payment_id, asked.proof, call.why("verify"), call.parts)
    return PaymentView.of(payment, is_staff=call.is_staff)


@api.get("/v1/gateways", roles=ANY_MEMBER, query=GatewaysQuery, answer=GatewayList, codes=("gateway_unavailable",))
def list_gateways(call: Call, asked: GatewaysQuery) -> Result:
    """List the gateways that may take a currency, the workspace's own order first."""
    offers = list_offers(call.workspace, asked.currency, asked.country or "", asked.amount, call.parts)
    return GatewayList.of(offers, asked.currency)


@api.get("/v1/payments", roles=ANY_MEMBER, query=PaymentsQuery, answer=PaymentList)
def list_payments(call: Call, asked: PaymentsQuery) -> Result:
    """List payments, newest first; or the one of a merchant order."""
    if asked.merchant_order_id:
        found = usecases.find_payments(call.workspace_id, asked.merchant_order_id, call.parts)
        return PaymentList.of(found, is_staff=call.is_staff)
    wanted = filter_of(asked, call.parts.clock.now())
    page = usecases.list_payments(call.workspace_id, wanted, call.parts)
    return PaymentList.of(page.payments, next_cursor(wanted, page), is_staff=call.is_staff)


@api.get("/v1/payments/{payment_id}/events", roles=TIMELINE_READERS, answer=EventList)
def read_timeline(call: Call, payment_id: str) -> Result:
    """Read everything that ever happened to a payment, oldest first."""
    return EventList.of(usecases.list_events(call.workspace_id, payment_id, call.parts))


@api.get("/v1/checkouts/{payment_id}", capability=Capability.BEARER, answer=CheckoutView)
def view_checkout(call: Call, payment_id: str) -> Result:
    """What the payer may see, for whoever holds the checkout token."""
    return CheckoutView.of(usecases.view_checkout(payment_id, call.token, call.parts))


@api.get("/v1/checkouts/{payment_id}/return", capability=Capability.QUERY, status=302, has_slash_twin=True)
def return_payer(call: Call, payment_id: str) -> Result:
    """Where a gateway sends the payer's browser back to: on to the merchant's page."""
    return redirect(usecases.return_of_payer(payment_id, call.token, call.parts))


handler = api
