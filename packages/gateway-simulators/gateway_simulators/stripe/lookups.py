"""All calls that only read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.http import View as Handler
from gateway_simulators.stripe import calls
from gateway_simulators.stripe.errors import invalid, no_such
from gateway_simulators.stripe.forms import Field
from gateway_simulators.stripe.lists import page
from gateway_simulators.stripe.records import Intent, Session
from gateway_simulators.stripe.views import View, customer_view, dispute_view, event_view, method_view, refund_view

if TYPE_CHECKING:
    from gateway_simulators.stripe.app import StripeApp

Given = dict[str, Any]


def _created(each: Session | Intent) -> float:
    return each.created


class Lookups:
    def __init__(self, app: StripeApp) -> None:
        self._app = app
        self._model = app.model

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/v1/payment_intents/search", self.search),
            ("GET", "/v1/payment_intents/<intent_id>", self.intent),
            ("GET", "/v1/payment_intents", self.intents),
            ("GET", "/v1/checkout/sessions/<session_id>", self.session),
            ("GET", "/v1/checkout/sessions", self.sessions),
            ("GET", "/v1/refunds/<refund_id>", self.refund),
            ("GET", "/v1/refunds", self.refunds),
            ("GET", "/v1/disputes/<dispute_id>", self.dispute),
            ("GET", "/v1/disputes", self.disputes),
            ("GET", "/v1/charges/<charge_id>", self.charge),
            ("GET", "/v1/charges", self.charges),
            ("GET", "/v1/events/<event_id>", self.event),
            ("GET", "/v1/events", self.events),
            ("GET", "/v1/customers/<customer_id>", self.customer),
            ("GET", "/v1/customers/<customer_id>/payment_methods", self.methods_of),
            ("GET", "/v1/payment_methods/<method_id>", self.method),
        ]

    def intent(self, request: Request, intent_id: str) -> Response:
        found = self._model.intents.by_id.get(intent_id)
        subject = found.metadata.get("attempt_id", "") if found else ""
        return self._one(
            request, "status", subject, lambda: self._model.intents.view(self._model.intents.get(intent_id))
        )

    def session(self, request: Request, session_id: str) -> Response:
        found, sessions = self._model.sessions.by_id.get(session_id), self._model.sessions
        subject = found.reference if found else ""
        return self._one(request, "status", subject, lambda: sessions.view(sessions.get(session_id)))

    def refund(self, request: Request, refund_id: str) -> Response:
        found, refunds = self._model.refunds.by_id.get(refund_id), self._model.refunds
        subject = found.metadata.get("refund_id", "") if found else ""
        return self._one(request, "refund_status", subject, lambda: refund_view(refunds.get(refund_id)))

    def dispute(self, request: Request, dispute_id: str) -> Response:
        disputes = self._model.disputes
        return self._one(request, "dispute", dispute_id, lambda: dispute_view(disputes.get(dispute_id)))

    def charge(self, request: Request, charge_id: str) -> Response:
        def find() -> View:
            if charge_id not in self._model.intents.charges:
                raise no_such("charge", charge_id, "id")
            return self._model.intents.charge_view(self._model.intents.charges[charge_id])

        return self._one(request, "status", "", find)

    def event(self, request: Request, event_id: str) -> Response:
        def find() -> View:
            for event in self._model.events.listed():
                if event.id == event_id:
                    return event_view(event)
            raise no_such("event", event_id, "id")

        return self._one(request, "status", "", find)

    def customer(self, request: Request, customer_id: str) -> Response:
        methods = self._model.methods
        return self._one(request, "status", "", lambda: customer_view(methods.customer(customer_id)))

    def method(self, request: Request, method_id: str) -> Response:
        methods = self._model.methods
        return self._one(request, "status", "", lambda: method_view(methods.get(method_id)))

    def intents(self, request: Request) -> Response:
        intents, others = self._model.intents, self._model.foreign.intents
        return self._many(
            request,
            "status",
            calls.LIST_INTENTS,
            lambda: [intents.view(each) for each in sorted((*intents.by_id.values(), *others), key=_created)],
        )

    def sessions(self, request: Request) -> Response:
        sessions, others = self._model.sessions, self._model.foreign.sessions
        return self._many(
            request,
            "status",
            calls.LIST_SESSIONS,
            lambda: [sessions.view(each) for each in sorted((*sessions.by_id.values(), *others), key=_created)],
        )

    def refunds(self, request: Request) -> Response:
        refunds = self._model.refunds.by_id
        return self._many(
            request, "refund_status", calls.LIST_REFUNDS, lambda: [refund_view(each) for each in refunds.values()]
        )

    def disputes(self, request: Request) -> Response:
        disputes = self._model.disputes.by_id
        return self._many(
            request, "dispute", calls.LIST_DISPUTES, lambda: [dispute_view(each) for each in disputes.values()]
        )

    def charges(self, request: Request) -> Response:
        intents = self._model.intents
        return self._many(
            request, "status", calls.LIST_CHARGES, lambda: [intents.charge_view(c) for c in intents.charges.values()]
        )

    def events(self, request: Request) -> Response:
        return self._many(
            request, "status", calls.LIST_EVENTS, lambda: [event_view(each) for each in self._model.events.listed()]
        )

    def methods_of(self, request: Request, customer_id: str) -> Response:
        methods = self._model.methods.by_id
        return self._many(
            request,
            "status",
            calls.LIST_METHODS,
            lambda: [method_view(each) for each in methods.values() if each.customer == customer_id],
        )

    def search(self, request: Request) -> Response:
        """Not available to merchants in India. Results lag behind writes."""

        def refuse(given: Given) -> View:
            raise invalid("Search is not supported for this account.")

        return self._app.read("status", request, {"query": Field("text"), "limit": calls.LIMIT}, "", refuse)

    def _one(self, request: Request, op: str, subject: str, find: Callable[[], View]) -> Response:
        return self._app.read(op, request, calls.ONLY_EXPAND, subject, lambda given: find())

    def _many(self, request: Request, op: str, fields: dict[str, Field], all_of: Callable[[], list[View]]) -> Response:
        def act(given: Given) -> View:
            kinds = set(given.get("types", [])) | ({given["type"]} if "type" in given and "types" in fields else set())
            views = [view for view in all_of() if not kinds or view["type"] in kinds]
            for name in ("customer", "payment_intent", "charge", "status"):
                if name in given:
                    views = [view for view in views if view.get(name) == given[name]]
            return page(request.path, views, given)

        return self._app.read(op, request, fields, "", act)
