"""Read payments and their timelines from the store. No gateway is called and nothing is written."""

from __future__ import annotations

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.cursor import filter_of, next_cursor
from payments.api.errors import Refusal
from payments.api.payment.query import PaymentsQuery
from payments.api.payment.responses import PaymentList, PaymentView
from payments.api.payment.timeline import EventList
from payments.api.routes import ANY_MEMBER, TIMELINE_READERS
from payments.usecases.payment import read as usecases

api = Api("status", wiring)


@api.get("/v1/payments/{payment_id}", roles=ANY_MEMBER, answer=PaymentView)
def get_payment(call: Call, payment_id: str) -> Result:
    """Read a payment as it is stored. POST /v1/payments/{payment_id}/refresh asks the gateway first."""
    return PaymentView.of(usecases.get_payment(call.workspace_id, payment_id, call.ports), is_staff=call.is_staff)


@api.get("/v1/payments", roles=ANY_MEMBER, query=PaymentsQuery, answer=PaymentList)
def list_payments(call: Call, query: PaymentsQuery) -> Result:
    """List payments, newest first, or the one payment of a merchant order."""
    if query.merchant_order_id:
        if others := query.model_fields_set - {"merchant_order_id", "limit"}:
            raise Refusal("invalid_request", f"Send merchant_order_id without {', '.join(sorted(others))}.")
        found = usecases.find_payments(call.workspace_id, query.merchant_order_id, call.ports)
        return PaymentList.of(found, is_staff=call.is_staff)
    wanted = filter_of(query, call.ports.clock.now(), call.workspace_id)
    page = usecases.list_payments(call.workspace_id, wanted, call.ports)
    return PaymentList.of(page.found, next_cursor(wanted, page, call.workspace_id), is_staff=call.is_staff)


@api.get("/v1/payments/{payment_id}/events", roles=TIMELINE_READERS, answer=EventList)
def list_payment_events(call: Call, payment_id: str) -> Result:
    """List the events of a payment, oldest first."""
    return EventList.of(usecases.list_events(call.workspace_id, payment_id, call.ports))


handler = api
