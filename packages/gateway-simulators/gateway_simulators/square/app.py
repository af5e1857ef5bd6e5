"""Square's HTTP interface over the model: check the credentials, call the model, answer in Square's format."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.controls import Controls
from gateway_simulators.kit.gateway import GatewayApp, GatewayRefusal
from gateway_simulators.kit.http import View, json_answer, read_json_object
from gateway_simulators.kit.outbox import Outbox, post_over_http
from gateway_simulators.kit.replay import Diary
from gateway_simulators.square import checks, lists, pages
from gateway_simulators.square.errors import bad_request, error_of, not_found, unauthorized
from gateway_simulators.square.model import SquareModel
from gateway_simulators.square.records import Payment, Refund
from gateway_simulators.square.views import (
    dispute_view,
    link_view,
    location_view,
    order_view,
    payment_view,
    refund_view,
)

_VERSION = re.compile(r"20\d\d-\d\d-\d\d")
Body = dict[str, Any]


class SquareApp(GatewayApp):
    model: SquareModel

    def __init__(
        self,
        model: SquareModel,
        outbox: Outbox,
        sleep: Callable[[float], None],
        speed: float,
        diary: Diary | None = None,
    ) -> None:
        self.model = model  # The pages use it while the routes are made.
        routes = [*self._routes(), *pages.routes(self)]
        super().__init__(
            model, outbox, sleep, speed, [*routes, *Controls(self).routes()], diary, model.settings.slow_seconds
        )

    def is_let_in(self, op: str, request: Request) -> bool:
        return request.headers.get("Authorization", "") == f"Bearer {self.model.settings.access_token}"

    def unauthorized(self, op: str) -> GatewayRefusal:
        return unauthorized()

    def error(self, http_status: int) -> GatewayRefusal:
        return error_of(http_status)

    def no_such_route(self, request: Request, problem: HTTPException) -> Response:
        if not request.path.startswith("/v2/"):
            return super().no_such_route(request, problem)
        is_known = problem.code == 405
        refusal = bad_request("METHOD_NOT_ALLOWED" if is_known else "NOT_FOUND", f"{request.method} {request.path}")
        return json_answer(refusal.body, problem.code or 404)

    # Payments.

    def create_payment(self, request: Request) -> Response:
        body = read_json_object(request)
        return self._serve("pay", request, _text(body, "reference_id"), lambda: self.model.payments.create(body))

    def list_payments(self, request: Request) -> Response:
        return self._serve("status", request, "", lambda: self._list_payments(request.args.to_dict()))

    def get_payment(self, request: Request, payment_id: str) -> Response:
        subject = self._subject_of(self.model.payments.by_id.get(payment_id))
        return self._serve("status", request, subject, lambda: self._get_payment(payment_id))

    def update_payment(self, request: Request, payment_id: str) -> Response:
        body = read_json_object(request)
        subject = self._subject_of(self.model.payments.by_id.get(payment_id))
        return self._serve("capture", request, subject, lambda: self.model.payments.update(payment_id, body))

    def complete_payment(self, request: Request, payment_id: str) -> Response:
        body = read_json_object(request)
        subject = self._subject_of(self.model.payments.by_id.get(payment_id))
        complete = self.model.payments.complete
        return self._serve("capture", request, subject, lambda: _shown(complete(payment_id, body)))

    def cancel_payment(self, request: Request, payment_id: str) -> Response:
        body = read_json_object(request)
        subject = self._subject_of(self.model.payments.by_id.get(payment_id))
        return self._serve("cancel", request, subject, lambda: _shown(self.model.payments.cancel(payment_id, body)))

    def cancel_by_key(self, request: Request) -> Response:
        body = read_json_object(request)

        def act() -> Body:
            self.model.payments.cancel_by_key(body)
            return {}

        return self._serve("cancel", request, _text(body, "idempotency_key"), act)

    # Refunds.

    def create_refund(self, request: Request) -> Response:
        body = read_json_object(request)
        return self._serve("refund", request, _text(body, "idempotency_key"), lambda: self.model.refunds.create(body))

    def get_refund(self, request: Request, refund_id: str) -> Response:
        found = self.model.refunds.by_id.get(refund_id)
        subject = found.key if found else refund_id
        return self._serve("refund_status", request, subject, lambda: self._get_refund(refund_id))

    def list_refunds(self, request: Request) -> Response:
        return self._serve("refund_status", request, "", lambda: self._list_refunds(request.args.to_dict()))

    # Disputes.

    def list_disputes(self, request: Request) -> Response:
        return self._serve("dispute", request, "", lambda: self._list_disputes(request.args.to_dict()))

    def get_dispute(self, request: Request, dispute_id: str) -> Response:
        show = lambda: {"dispute": dispute_view(self.model.disputes.get(dispute_id))}  # noqa: E731
        return self._serve("dispute", request, dispute_id, show)

    def answer_dispute(self, request: Request, dispute_id: str, answer: str) -> Response:
        act = self.model.disputes.accept if answer == "accept" else self.model.disputes.submit
        return self._serve("dispute", request, dispute_id, lambda: {"dispute": dispute_view(act(dispute_id))})

    # Links, orders and locations.

    def create_link(self, request: Request) -> Response:
        body = read_json_object(request)
        order = (body or {}).get("order")
        subject = _text(order if isinstance(order, dict) else None, "reference_id")
        return self._serve("pay", request, subject, lambda: self._create_link(body, request.host_url))

    def list_links(self, request: Request) -> Response:
        return self._serve("status", request, "", lambda: self._list_links(request))

    def get_link(self, request: Request, link_id: str) -> Response:
        show = lambda: {"payment_link": link_view(self.model.links.get(link_id), request.host_url)}  # noqa: E731
        return self._serve("status", request, self._subject_of_link(link_id), show)

    def delete_link(self, request: Request, link_id: str) -> Response:
        subject = self._subject_of_link(link_id)
        return self._serve("cancel", request, subject, lambda: dict(self.model.links.delete(link_id)))

    def get_order(self, request: Request, order_id: str) -> Response:
        order = self.model.payments.orders.get(order_id)
        return self._serve("status", request, order.reference_id if order else "", lambda: self._get_order(order_id))

    def list_locations(self, request: Request) -> Response:
        settings = self.model.settings
        shown = [location_view(location, settings) for location in settings.locations]
        return self._serve("status", request, "", lambda: {"locations": shown})

    def get_location(self, request: Request, location_id: str) -> Response:
        return self._serve("status", request, "", lambda: self._get_location(location_id))

    # Answers made from the model.

    def _serve(self, op: str, request: Request, subject: str, act: Callable[[], Body]) -> Response:
        def checked() -> Body:
            version = request.headers.get("Square-Version")
            if version is not None and not _VERSION.fullmatch(version):
                raise bad_request("INVALID_VALUE", "Square-Version must be a date.", "Square-Version")
            return act()

        return self.serve(op, request, subject, checked)

    def _get_payment(self, payment_id: str) -> Body:
        payment = self.model.payments.get(payment_id)
        return _shown(payment, self.model.amount_shown("status", payment.amount))

    def _list_payments(self, args: dict[str, str]) -> Body:
        lists.check(args, lists.PAYMENTS)
        model, location_id = self.model, args.get("location_id") or self.model.settings.main_location_id
        listed = lists.in_window(
            (*model.payments.by_id.values(), *model.payments.foreign),
            args,
            model.clock(),
            model.settings.list_lag_seconds,
        )
        of_place = [each for each in listed if each.location_id == location_id and lists.is_wanted_payment(each, args)]
        return lists.page("payments", of_place, args, payment_view)

    def _get_refund(self, refund_id: str) -> Body:
        refund = self.model.refunds.get(refund_id)
        amount = self.model.amount_shown("refund_status", refund.amount)
        return {"refund": refund_view(refund, amount)}

    def _list_refunds(self, args: dict[str, str]) -> Body:
        lists.check(args, lists.REFUNDS)
        model = self.model
        listed: list[Refund] = lists.in_window(
            model.refunds.by_id.values(), args, model.clock(), model.settings.list_lag_seconds
        )
        of_kind = [each for each in listed if args.get("status", each.status) == each.status]
        of_place = [each for each in of_kind if args.get("location_id", each.location_id) == each.location_id]
        shown = lambda each: refund_view(each, model.amount_shown("refund_status", each.amount))  # noqa: E731
        return lists.page("refunds", of_place, args, shown)

    def _list_disputes(self, args: dict[str, str]) -> Body:
        lists.check(args, lists.DISPUTES)
        wanted = [
            each
            for each in self.model.disputes.by_id.values()
            if args.get("states", each.state) == each.state
            and args.get("location_id", each.location_id) == each.location_id
        ]
        return lists.page("disputes", wanted, args, dispute_view)

    def _create_link(self, body: Body | None, host_url: str) -> Body:
        body = checks.checked(body, checks.CREATE_LINK)
        made = self.model.keys.once("link", body, lambda: {"order_id": self.model.links.create(body).order_id})
        link = self.model.links.by_order[made["order_id"]]
        order = order_view(self.model.payments.orders[link.order_id], [])
        return {"payment_link": link_view(link, host_url), "related_resources": {"orders": [order]}}

    def _list_links(self, request: Request) -> Body:
        args = request.args.to_dict()
        lists.check(args, lists.LINKS)
        links = list(self.model.links.by_id.values())
        return lists.page("payment_links", links, args, lambda link: link_view(link, request.host_url))

    def _get_order(self, order_id: str) -> Body:
        order = self.model.payments.orders.get(order_id)
        if order is None:
            raise not_found("order", order_id)
        return {"order": order_view(order, [self.model.payments.by_id[each] for each in order.tenders])}

    def _get_location(self, location_id: str) -> Body:
        location = self.model.settings.location(location_id)
        if location is None:
            raise not_found("location", location_id)
        return {"location": location_view(location, self.model.settings)}

    def _subject_of(self, payment: Payment | None) -> str:
        return self.model.payments.orders[payment.order_id].reference_id if payment else ""

    def _subject_of_link(self, link_id: str) -> str:
        link = self.model.links.by_id.get(link_id)
        return self.model.payments.orders[link.order_id].reference_id if link else ""

    def _routes(self) -> list[tuple[str, str, View]]:
        return [
            ("POST", "/v2/payments", self.create_payment),
            ("GET", "/v2/payments", self.list_payments),
            ("POST", "/v2/payments/cancel", self.cancel_by_key),
            ("GET", "/v2/payments/<payment_id>", self.get_payment),
            ("PUT", "/v2/payments/<payment_id>", self.update_payment),
            ("POST", "/v2/payments/<payment_id>/complete", self.complete_payment),
            ("POST", "/v2/payments/<payment_id>/cancel", self.cancel_payment),
            ("POST", "/v2/refunds", self.create_refund),
            ("GET", "/v2/refunds", self.list_refunds),
            ("GET", "/v2/refunds/<refund_id>", self.get_refund),
            ("GET", "/v2/disputes", self.list_disputes),
            ("GET", "/v2/disputes/<dispute_id>", self.get_dispute),
            ("POST", "/v2/disputes/<dispute_id>/<any('accept', 'submit-evidence'):answer>", self.answer_dispute),
            ("POST", "/v2/online-checkout/payment-links", self.create_link),
            ("GET", "/v2/online-checkout/payment-links", self.list_links),
            ("GET", "/v2/online-checkout/payment-links/<link_id>", self.get_link),
            ("DELETE", "/v2/online-checkout/payment-links/<link_id>", self.delete_link),
            ("GET", "/v2/orders/<order_id>", self.get_order),
            ("GET", "/v2/locations", self.list_locations),
            ("GET", "/v2/locations/<location_id>", self.get_location),
        ]


def create_app(
    model: SquareModel,
    outbox: Outbox | None = None,
    sleep: Callable[[float], None] = time.sleep,
    speed: float = 1.0,
    diary: Diary | None = None,
) -> SquareApp:
    return SquareApp(model, outbox or Outbox(model.clock, post_over_http), sleep, speed, diary)


def _shown(payment: Payment, amount: int | None = None) -> Body:
    return {"payment": payment_view(payment, amount)}


def _text(body: Body | None, name: str) -> str:
    value = (body or {}).get(name)
    return value if isinstance(value, str) else ""
