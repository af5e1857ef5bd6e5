"""Reading payments, their timeline, and what a payer's browser may see."""

from __future__ import annotations

from payments import wiring
from payments.runtime.answer import redirect
from payments.runtime.api import Api, Call, Result
from payments.runtime.paging import filter_of, next_cursor
from payments.runtime.records import EventList
from payments.runtime.routes import ANY_MEMBER, TIMELINE_READERS, Capability
from payments.runtime.schemas import PaymentsQuery, RefreshQuery
from payments.runtime.views import CheckoutView, PaymentList, PaymentView
from payments.usecases import status as usecases

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
        why = call.why("refresh")
        return PaymentView.of(usecases.refresh_payment(call.workspace_id, payment_id, why, call.parts))
    return PaymentView.of(usecases.get_payment(call.workspace_id, payment_id, call.parts))


@api.get("/v1/payments", roles=ANY_MEMBER, query=PaymentsQuery, answer=PaymentList)
def list_payments(call: Call, asked: PaymentsQuery) -> Result:
    """List payments, newest first; or the one of a merchant order."""
    if asked.merchant_order_id:
        return PaymentList.of(usecases.find_payments(call.workspace_id, asked.merchant_order_id, call.parts))
    wanted = filter_of(asked, call.parts.clock.now())
    page = usecases.list_payments(call.workspace_id, wanted, call.parts)
    return PaymentList.of(page.payments, next_cursor(wanted, page))


@api.get("/v1/payments/{payment_id}/events", roles=TIMELINE_READERS, answer=EventList)
def read_timeline(call: Call, payment_id: str) -> Result:
    """Read everything that ever happened to a payment, oldest first."""
    return EventList.of(usecases.list_events(call.workspace_id, payment_id, call.parts))


@api.get("/v1/checkouts/{payment_id}", capability=Capability.BEARER, answer=CheckoutView)
def view_checkout(call: Call, payment_id: str) -> Result:
    """What the payer may see, for whoever holds the checkout token."""
    return CheckoutView.of(usecases.view_checkout(payment_id, call.token, call.parts))


@api.get("/v1/checkouts/{payment_id}/return", capability=Capability.QUERY, status=302)
def return_payer(call: Call, payment_id: str) -> Result:
    """Where a gateway sends the payer's browser back to: on to the merchant's page."""
    return redirect(usecases.return_of_payer(payment_id, call.token, call.parts))


handler = api
