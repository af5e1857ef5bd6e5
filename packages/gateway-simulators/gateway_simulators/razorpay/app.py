"""Razorpay's HTTP interface over the model: check the credentials, call the model, answer in Razorpay's format."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.controls import Controls
from gateway_simulators.kit.gateway import GatewayApp, GatewayRefusal
from gateway_simulators.kit.http import View, json_answer, read_json_object
from gateway_simulators.kit.outbox import Outbox, post_over_http
from gateway_simulators.kit.replay import Diary
from gateway_simulators.razorpay import checkout, checks
from gateway_simulators.razorpay.errors import bad_request, error, no_such_url, unauthorized
from gateway_simulators.razorpay.instruments import METHODS
from gateway_simulators.razorpay.lists import read_page
from gateway_simulators.razorpay.model import RazorpayModel
from gateway_simulators.razorpay.records import Dispute
from gateway_simulators.razorpay.s2s import create_upi
from gateway_simulators.razorpay.views import collection, dispute_view, order_view, payment_view, qr_view, refund_view
from gateway_simulators.razorpay.webhooks import RETRY_AFTER_SECONDS

Made = dict[str, Any]


class RazorpayApp(GatewayApp):
    model: RazorpayModel

    def __init__(
        self,
        model: RazorpayModel,
        outbox: Outbox,
        sleep: Callable[[float], None],
        speed: float,
        diary: Diary | None = None,
    ) -> None:
        self.model = model
        routes = [*self._routes(), *checkout.routes(self), *Controls(self).routes()]
        super().__init__(model, outbox, sleep, speed, routes, diary, model.settings.slow_seconds)

    def is_let_in(self, op: str, request: Request) -> bool:
        return request.headers.get("Authorization", "") == self._basic(self.model.settings.key_secret)

    def unauthorized(self, op: str) -> GatewayRefusal:
        return unauthorized()

    def error(self, http_status: int) -> GatewayRefusal:
        return error(http_status)

    def no_such_route(self, request: Request, problem: HTTPException) -> Response:
        if request.path.startswith("/v1/"):
            error = no_such_url()
            return json_answer(error.body, error.http_status)
        return super().no_such_route(request, problem)

    def _basic(self, secret: str) -> str:
        """The word "Basic" in exactly this case."""
        return "Basic " + b64encode(f"{self.model.settings.key_id}:{secret}".encode()).decode()

    # Calls of the merchant's server. The subject is the merchant's id of what the call is about.

    def create_order(self, request: Request) -> Response:
        body = read_json_object(request)

        def act() -> Made:
            return order_view(self.model.orders.create(_required(body)))

        return self.serve("pay", request, str((body or {}).get("receipt") or ""), act)

    def create_qr(self, request: Request) -> Response:
        body = read_json_object(request)

        def act() -> Made:
            return qr_view(self.model.orders.create_qr(_required(body)), _origin(request))

        return self.serve("pay", request, _note(body, "attempt_id"), act)

    def create_upi(self, request: Request) -> Response:
        body = read_json_object(request)

        def act() -> Made:
            return create_upi(self.model, _required(body), _origin(request))

        return self.serve("pay", request, self._name(str((body or {}).get("order_id"))), act)

    def list_orders(self, request: Request) -> Response:
        receipt = request.args.get("receipt", "")

        def act() -> Made:
            orders = self.model.orders.listed(is_qr=False)
            found = [order for order in orders if not receipt or order.receipt == receipt]
            return collection([order_view(order) for order in read_page(request.args, found)])

        return self.serve("status", request, receipt, act)

    def get_order(self, request: Request, order_id: str) -> Response:
        return self._status(request, order_id, lambda: order_view(self.model.orders.get(order_id)))

    def order_payments(self, request: Request, order_id: str) -> Response:
        def act() -> Made:
            return self._payments(request, self.model.orders.get(order_id).payments)

        return self._status(request, order_id, act)

    def list_payments(self, request: Request) -> Response:
        return self._status(request, "", lambda: self._payments(request, self.model.orders.payments.values()))

    def get_payment(self, request: Request, payment_id: str) -> Response:
        def act() -> Made:
            payment = self.model.orders.get_payment(payment_id)
            return payment_view(payment) | self._shown(payment.amount)

        return self._status(request, self._order_of(payment_id), act)

    def list_qrs(self, request: Request) -> Response:
        def act() -> Made:
            codes = self.model.orders.listed(is_qr=True)
            return collection([qr_view(order, _origin(request)) for order in read_page(request.args, codes)])

        return self._status(request, "", act)

    def get_qr(self, request: Request, qr_id: str) -> Response:
        return self._status(request, qr_id, lambda: qr_view(self.model.orders.get(qr_id, "qr"), _origin(request)))

    def close_qr(self, request: Request, qr_id: str) -> Response:
        orders = self.model.orders
        return self._status(request, qr_id, lambda: qr_view(orders.close(orders.get(qr_id, "qr")), _origin(request)))

    def qr_payments(self, request: Request, qr_id: str) -> Response:
        return self._status(
            request, qr_id, lambda: self._payments(request, self.model.orders.get(qr_id, "qr").payments)
        )

    def capture(self, request: Request, payment_id: str) -> Response:
        body, orders = read_json_object(request), self.model.orders

        def act() -> Made:
            return payment_view(orders.capture(orders.get_payment(payment_id), _required(body)))

        return self.serve("capture", request, self._name(self._order_of(payment_id)), act)

    def refund(self, request: Request, payment_id: str) -> Response:
        body = read_json_object(request)
        subject = _note(body, "refund_id") or str((body or {}).get("receipt") or "")

        def act() -> Made:
            payment, key = self.model.orders.get_payment(payment_id), request.headers.get("X-Refund-Idempotency")
            return self.model.refunds.create(payment, _required(body), checks.read_key(key))

        return self.serve("refund", request, subject, act)

    def get_refund(self, request: Request, refund_id: str, payment_id: str = "") -> Response:
        def act() -> Made:
            refund = self.model.refunds.get(refund_id)
            return refund_view(refund) | self._shown(refund.amount, "refund_status")

        return self.serve("refund_status", request, self._refund_name(refund_id), act)

    def list_refunds(self, request: Request, payment_id: str = "") -> Response:
        def act() -> Made:
            refunds = self.model.refunds
            of = refunds.by_id.values()
            found = refunds.of_payment(self.model.orders.get_payment(payment_id)) if payment_id else of
            page = read_page(request.args, found)
            shown = (self._shown(each.amount, "refund_status") for each in page)
            return collection([refund_view(each) | amount for each, amount in zip(page, shown, strict=True)])

        return self.serve("refund_status", request, "", act)

    def list_disputes(self, request: Request) -> Response:
        def act() -> Made:
            found = read_page(request.args, self.model.disputes.by_id.values())
            return collection([dispute_view(dispute) for dispute in found])

        return self.serve("dispute", request, "", act)

    def get_dispute(self, request: Request, dispute_id: str) -> Response:
        return self._dispute(request, dispute_id, lambda dispute: dispute)

    def accept_dispute(self, request: Request, dispute_id: str) -> Response:
        body = read_json_object(request) or {}
        return self._dispute(request, dispute_id, lambda dispute: self.model.disputes.accept(dispute, body))

    def contest_dispute(self, request: Request, dispute_id: str) -> Response:
        body = read_json_object(request) or {}
        return self._dispute(request, dispute_id, lambda dispute: self.model.disputes.contest(dispute, body))

    def _dispute(self, request: Request, dispute_id: str, act: Callable[[Dispute], Dispute]) -> Response:
        def now() -> Made:
            return dispute_view(act(self.model.disputes.get(dispute_id)))

        return self.serve("dispute", request, dispute_id, now)

    def methods(self, request: Request) -> Response:
        """Browsers call it, too: the key id alone is enough."""
        given = request.headers.get("Authorization", "")
        if given not in (self._basic(""), self._basic(self.model.settings.key_secret)):
            return json_answer(unauthorized().body, 401)
        return json_answer(METHODS)

    # Helpers of the calls.

    def _status(self, request: Request, ref: str, act: Callable[[], Made]) -> Response:
        return self.serve("status", request, self._name(ref), act)

    def _payments(self, request: Request, payments: Iterable[Any]) -> Made:
        page = read_page(request.args, payments)
        shown = (self._shown(each.amount) for each in page)
        return collection([payment_view(each) | amount for each, amount in zip(page, shown, strict=True)])

    def _shown(self, amount: int, op: str = "status") -> dict[str, int]:
        return {"amount": self.model.amount_shown(op, amount)}

    def _name(self, ref: str) -> str:
        order = self.model.orders.by_id.get(ref)
        return order.merchant_id if order else ""

    def _order_of(self, payment_id: str) -> str:
        payment = self.model.orders.payments.get(payment_id)
        return payment.order.id if payment else ""

    def _refund_name(self, refund_id: str) -> str:
        refund = self.model.refunds.by_id.get(refund_id)
        return refund.merchant_id if refund else ""

    def _routes(self) -> list[tuple[str, str, View]]:
        payment, qr = "/v1/payments/<payment_id>", "/v1/payments/qr_codes"
        return [
            ("POST", "/v1/orders", self.create_order),
            ("GET", "/v1/orders", self.list_orders),
            ("GET", "/v1/orders/<order_id>", self.get_order),
            ("GET", "/v1/orders/<order_id>/payments", self.order_payments),
            ("GET", "/v1/payments", self.list_payments),
            ("POST", "/v1/payments/create/upi", self.create_upi),
            ("POST", qr, self.create_qr),
            ("GET", qr, self.list_qrs),
            ("GET", f"{qr}/<qr_id>", self.get_qr),
            ("POST", f"{qr}/<qr_id>/close", self.close_qr),
            ("GET", f"{qr}/<qr_id>/payments", self.qr_payments),
            ("GET", payment, self.get_payment),
            ("POST", f"{payment}/capture", self.capture),
            ("POST", f"{payment}/refund", self.refund),
            ("GET", f"{payment}/refunds", self.list_refunds),
            ("GET", f"{payment}/refunds/<refund_id>", self.get_refund),
            ("GET", "/v1/refunds", self.list_refunds),
            ("GET", "/v1/refunds/<refund_id>", self.get_refund),
            ("GET", "/v1/disputes", self.list_disputes),
            ("GET", "/v1/disputes/<dispute_id>", self.get_dispute),
            ("POST", "/v1/disputes/<dispute_id>/accept", self.accept_dispute),
            ("PATCH", "/v1/disputes/<dispute_id>/contest", self.contest_dispute),
            ("GET", "/v1/methods", self.methods),
        ]


def create_app(
    model: RazorpayModel,
    outbox: Outbox | None = None,
    sleep: Callable[[float], None] = time.sleep,
    speed: float = 1.0,
    diary: Diary | None = None,
) -> RazorpayApp:
    box = outbox or Outbox(model.clock, post_over_http, RETRY_AFTER_SECONDS)
    return RazorpayApp(model, box, sleep, speed, diary)


def _required(body: Made | None) -> Made:
    if body is None:
        raise bad_request("The request body is not a JSON object", source="NA", step="NA", reason="NA")
    return body


def _note(body: Made | None, name: str) -> str:
    notes = (body or {}).get("notes")
    return str(notes.get(name) or "") if isinstance(notes, dict) else ""


def _origin(request: Request) -> str:
    return request.host_url.rstrip("/")
