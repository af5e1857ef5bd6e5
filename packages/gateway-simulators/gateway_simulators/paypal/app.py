"""PayPal's HTTP interface over the model: check the credentials, call the model, answer in PayPal's format."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.gateway import GatewayApp, GatewayRefusal
from gateway_simulators.kit.http import View, json_answer
from gateway_simulators.kit.outbox import Outbox, post_over_http
from gateway_simulators.kit.replay import Diary
from gateway_simulators.paypal import checks
from gateway_simulators.paypal.checks import read_order
from gateway_simulators.paypal.controls import PayPalControls
from gateway_simulators.paypal.dispute_views import PATH as DISPUTES
from gateway_simulators.paypal.dispute_views import Search, dispute_brief, dispute_view
from gateway_simulators.paypal.errors import invalid_client, invalid_token, plain, refusal
from gateway_simulators.paypal.keys import CERTIFICATE_PATH, certificate_pem
from gateway_simulators.paypal.model import PayPalModel
from gateway_simulators.paypal.pages import approval_pages
from gateway_simulators.paypal.records import Dispute, Order
from gateway_simulators.paypal.replays import Show
from gateway_simulators.paypal.requests import custom_id_of, given_in, patched_amount, preferred, read_body, wants_all
from gateway_simulators.paypal.views import authorization_view, capture_view, order_brief, order_view, refund_view
from gateway_simulators.paypal.webhooks import is_ours

# The first tries are quick, as in every simulator; then retries go on for PayPal's three days.
RETRY_AFTER_SECONDS = (5.0, 30.0, *[3 * 3600.0] * 23)


class PayPalApp(GatewayApp):
    model: PayPalModel

    def __init__(
        self,
        model: PayPalModel,
        outbox: Outbox,
        sleep: Callable[[float], None],
        speed: float,
        diary: Diary | None = None,
    ) -> None:
        self.model = model
        self._settings = model.settings
        pages = approval_pages(self).routes("/checkoutnow", query="token")
        routes = [*self._calls(), *pages, *PayPalControls(self, model).routes()]
        super().__init__(model, outbox, sleep, speed, routes, diary, model.settings.slow_seconds)

    def is_let_in(self, op: str, request: Request) -> bool:
        return op == "token" or self.model.tokens.has(request.headers.get("Authorization", ""))

    def unauthorized(self, op: str) -> GatewayRefusal:
        return invalid_client() if op == "token" else invalid_token()

    def error(self, http_status: int) -> GatewayRefusal:
        return plain(http_status)

    def revoke(self, request: Request) -> None:
        self.model.tokens.revoke(request.headers.get("Authorization", ""))

    def remembered(self) -> Mapping[str, Any]:
        return self.model.tokens.expires_at

    def no_such_route(self, request: Request, problem: HTTPException) -> Response:
        if not request.path.startswith(("/v1/", "/v2/")):
            return super().no_such_route(request, problem)
        error = plain(404)
        return json_answer(error.body, error.http_status)

    # Orders.

    def token(self, request: Request) -> Response:
        authorization = request.headers.get("Authorization", "")
        grant_type = request.form.get("grant_type", "")
        return self.serve("token", request, "", lambda: self.model.tokens.issue(authorization, grant_type))

    def create_order(self, request: Request) -> Response:
        def act() -> Show:
            order = self.model.orders.create(read_order(read_body(request)))
            return lambda: self._order(request, order)

        return self._serve("pay", request, custom_id_of(request), act, self._settings.orders_replay_seconds)

    def get_order(self, request: Request, order_ref: str) -> Response:
        return self._show("status", request, order_ref, lambda: self.model.shown(self.model.orders.get(order_ref)))

    def patch_order(self, request: Request, order_ref: str) -> Response:
        def act() -> Response:
            order = self.model.orders.get(order_ref)
            self.model.orders.change_amount(order, patched_amount(request, order))
            return Response(status=204)

        return self.serve("pay", request, self._id_of(order_ref), lambda: self._unless_mocked(request, act))

    def authorize_order(self, request: Request, order_ref: str) -> Response:
        return self._move_order(request, order_ref, self.model.orders.authorize)

    def capture_order(self, request: Request, order_ref: str) -> Response:
        return self._move_order(request, order_ref, self.model.orders.capture)

    def _move_order(self, request: Request, order_ref: str, move: Callable[[str], Order]) -> Response:
        def act() -> Show:
            checks.read_nothing(read_body(request), {"payment_source"})
            order = move(order_ref)
            return lambda: self._order(request, order)

        return self._serve("capture", request, self._id_of(order_ref), act, self._settings.orders_replay_seconds)

    # Payments.

    def get_authorization(self, request: Request, ref: str) -> Response:
        return self._show("status", request, ref, lambda: self._authorization(ref))

    def capture_authorization(self, request: Request, ref: str) -> Response:
        def act() -> Show:
            order, capture = self.model.payments.capture_authorization(ref, read_body(request))
            return lambda: preferred(request, capture_view(order, capture, self._settings.origin))

        return self._serve("capture", request, self._id_of(ref), act, self._settings.payments_replay_seconds)

    def void_authorization(self, request: Request, ref: str) -> Response:
        def act() -> Show:
            checks.read_nothing(read_body(request))
            self.model.payments.void(ref)
            return lambda: self._authorization(ref)

        answer = self._serve("cancel", request, self._id_of(ref), act, self._settings.payments_replay_seconds, 200)
        return answer if answer.status_code != 200 or wants_all(request) else Response(status=204)

    def reauthorize(self, request: Request, ref: str) -> Response:
        def act() -> Show:
            self.model.payments.reauthorize(ref, read_body(request))
            return lambda: preferred(request, self._authorization(ref))

        return self._serve("capture", request, self._id_of(ref), act, self._settings.payments_replay_seconds)

    def get_capture(self, request: Request, ref: str) -> Response:
        def show() -> dict[str, Any]:
            order, capture = self.model.payments.get_capture(ref)
            return capture_view(order, capture, self._settings.origin)

        return self._show("status", request, ref, show)

    def refund_capture(self, request: Request, ref: str) -> Response:
        def act() -> Show:
            order, refund = self.model.payments.refund(ref, read_body(request))
            return lambda: preferred(request, refund_view(order, refund, self._settings.origin))

        seconds = self._settings.payments_replay_seconds
        return self._serve("refund", request, str(given_in(request).get("custom_id", "")), act, seconds)

    def get_refund(self, request: Request, ref: str) -> Response:
        def show() -> dict[str, Any]:
            order, refund = self.model.payments.get_refund(ref)
            shift = self.model.amount_shown("refund_status", refund.amount) - refund.amount
            return refund_view(order, refund, self._settings.origin, shift)

        return self._show("refund_status", request, ref, show)

    # Disputes.

    def list_disputes(self, request: Request) -> Response:
        def show() -> dict[str, Any]:
            search = Search(request.args.to_dict(), self.model.timers.now())
            found = [dispute for dispute in reversed(self.model.disputes.by_ref.values()) if search.finds(dispute)]
            page = found[search.offset : search.offset + search.size]
            items = [dispute_brief(self.model.disputes.order_of(each), each, self._settings) for each in page]
            return ({"items": items} if items else {}) | {"links": search.links(len(found), self._settings.origin)}

        return self._show("dispute", request, "", show)

    def get_dispute(self, request: Request, ref: str) -> Response:
        return self._show("dispute", request, ref, lambda: self._dispute(self.model.disputes.get(ref)))

    def accept_claim(self, request: Request, ref: str) -> Response:
        def act() -> Show:
            checks.read_acceptance(read_body(request))
            view = self._dispute(self.model.disputes.accept(ref))
            return lambda: {"links": view["links"][:1]}

        return self._serve("dispute", request, self._id_of(ref), act, self._settings.disputes_replay_seconds, 200)

    def _dispute(self, dispute: Dispute) -> dict[str, Any]:
        disputes = self.model.disputes
        return dispute_view(disputes.order_of(dispute), disputes.capture_of(dispute), dispute, self._settings)

    # Webhooks.

    def certificate(self, _: Request) -> Response:
        return Response(certificate_pem(), content_type="application/x-pem-file")

    def verify_webhook(self, request: Request) -> Response:
        def verdict() -> dict[str, Any]:
            return {"verification_status": "SUCCESS" if is_ours(request.get_data(), self._settings) else "FAILURE"}

        return self._show("status", request, "", verdict)

    # Helpers of the calls.

    def _serve(
        self, op: str, request: Request, subject: str, act: Callable[[], Show], keeps_seconds: float, done: int = 201
    ) -> Response:
        def once() -> Response:
            request_id = request.headers.get("PayPal-Request-Id")
            is_new, show = self.model.replays.once(request.path, request_id, keeps_seconds, act)
            return json_answer(show(), done if is_new else 200)

        return self._marked(self.serve(op, request, subject, lambda: self._unless_mocked(request, once)))

    def _show(self, op: str, request: Request, subject: str, show: Show) -> Response:
        def now() -> Response:
            return json_answer(show())

        known = self._id_of(subject)
        return self._marked(self.serve(op, request, known, lambda: self._unless_mocked(request, now)))

    def _unless_mocked(self, request: Request, act: Callable[[], Response]) -> Response:
        """Answer with the error that the header PayPal-Mock-Response asks for, as PayPal's sandbox does."""
        mocked = request.headers.get("PayPal-Mock-Response")
        if not mocked:
            return act()
        try:
            raise refusal(str(json.loads(mocked)["mock_application_codes"]))
        except (ValueError, KeyError, TypeError):
            raise refusal("INVALID_PARAMETER_SYNTAX", "PayPal-Mock-Response") from None

    def _marked(self, answer: Response) -> Response:
        answer.headers["Paypal-Debug-Id"] = "f00d000051a1"
        return answer

    def _order(self, request: Request, order: Order) -> dict[str, Any]:
        return order_view(order, self._settings) if wants_all(request) else order_brief(order, self._settings)

    def _authorization(self, ref: str) -> dict[str, Any]:
        order, authorization_of = self.model.payments.get_authorization(ref)
        return authorization_view(order, authorization_of, self._settings.origin)

    def _id_of(self, ref: str) -> str:
        """The merchant's id of the order that PayPal's id `ref` belongs to; calls are counted by it."""
        orders, payments, disputes = self.model.orders, self.model.payments, self.model.disputes
        if ref in disputes.by_ref:
            return disputes.order_of(disputes.by_ref[ref]).id
        for known in (orders.by_ref, orders.holds, orders.captures, payments.refunds):
            if ref in known:
                refunds = (refund.custom_id for refund in known[ref].refunds if refund.ref == ref)
                return next(refunds, known[ref].id)
        return ref

    def _calls(self) -> list[tuple[str, str, View]]:
        orders, payments = "/v2/checkout/orders", "/v2/payments"
        return [
            ("POST", "/v1/oauth2/token", self.token),
            ("GET", CERTIFICATE_PATH, self.certificate),
            ("POST", "/v1/notifications/verify-webhook-signature", self.verify_webhook),
            ("POST", orders, self.create_order),
            ("GET", f"{orders}/<order_ref>", self.get_order),
            ("PATCH", f"{orders}/<order_ref>", self.patch_order),
            ("POST", f"{orders}/<order_ref>/authorize", self.authorize_order),
            ("POST", f"{orders}/<order_ref>/capture", self.capture_order),
            ("GET", f"{payments}/authorizations/<ref>", self.get_authorization),
            ("POST", f"{payments}/authorizations/<ref>/capture", self.capture_authorization),
            ("POST", f"{payments}/authorizations/<ref>/void", self.void_authorization),
            ("POST", f"{payments}/authorizations/<ref>/reauthorize", self.reauthorize),
            ("GET", f"{payments}/captures/<ref>", self.get_capture),
            ("POST", f"{payments}/captures/<ref>/refund", self.refund_capture),
            ("GET", f"{payments}/refunds/<ref>", self.get_refund),
            ("GET", DISPUTES, self.list_disputes),
            ("GET", f"{DISPUTES}/<ref>", self.get_dispute),
            ("POST", f"{DISPUTES}/<ref>/accept-claim", self.accept_claim),
        ]


def create_app(
    model: PayPalModel,
    outbox: Outbox | None = None,
    sleep: Callable[[float], None] = time.sleep,
    speed: float = 1.0,
    diary: Diary | None = None,
) -> PayPalApp:
    return PayPalApp(model, outbox or Outbox(model.clock, post_over_http, RETRY_AFTER_SECONDS), sleep, speed, diary)
