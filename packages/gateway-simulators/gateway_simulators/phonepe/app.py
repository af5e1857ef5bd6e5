"""PhonePe's HTTP interface over the model: check the credentials, call the model, answer in PhonePe's format."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.gateway import MAIN, GatewayApp, GatewayRefusal
from gateway_simulators.kit.http import View, json_answer, read_json_object
from gateway_simulators.kit.outbox import Outbox, post_over_http
from gateway_simulators.kit.replay import Diary
from gateway_simulators.phonepe import pages
from gateway_simulators.phonepe.admin import PhonePeControls
from gateway_simulators.phonepe.errors import bad_request, error, invalid_client, no_such_mapping, unauthorized
from gateway_simulators.phonepe.model import PhonePeModel
from gateway_simulators.phonepe.records import Dispute
from gateway_simulators.phonepe.views import attempt_view, dispute_view, flat_refund_view, order_view, refund_view

SANDBOX, PRODUCTION, IDENTITY = "/apis/pg-sandbox", "/apis/pg", "/apis/identity-manager"


class PhonePeApp(GatewayApp):
    model: PhonePeModel

    def __init__(
        self,
        model: PhonePeModel,
        outbox: Outbox,
        sleep: Callable[[float], None],
        speed: float,
        diary: Diary | None = None,
    ) -> None:
        routes = [*self._gateway_routes(), *pages.routes(self), *PhonePeControls(self).routes()]
        super().__init__(model, outbox, sleep, speed, routes, diary, model.settings.slow_seconds)

    def is_let_in(self, op: str, request: Request) -> bool:
        return op == "token" or bool(self._merchant_id(request))

    def unauthorized(self, op: str) -> GatewayRefusal:
        return invalid_client("0", 401) if op == "token" else unauthorized()

    def error(self, http_status: int) -> GatewayRefusal:
        return error(http_status)

    def revoke(self, request: Request) -> None:
        self.model.tokens.revoke(request.headers.get("Authorization", ""))

    def remembered(self) -> Mapping[str, Any]:
        return self.model.tokens.given

    def account_of(self, request: Request) -> str:
        # `client_id` is in a token request, the merchant id in all others.
        asks = request.form.get("client_id") or self._merchant_id(request)
        merchants = self.model.settings.merchants
        return next((name for name, its in merchants.items() if asks in (its.client_id, its.id)), MAIN)

    def _merchant_id(self, request: Request) -> str:
        return self.model.tokens.merchant_id(request.headers.get("Authorization", ""))

    # Calls of the merchant's server.

    def token(self, request: Request) -> Response:
        return self.serve("token", request, "", lambda: self.model.tokens.issue(request.form.to_dict()))

    def pay(self, request: Request) -> Response:
        body = _body(request)
        return self.serve("pay", request, _text(body, "merchantOrderId"), lambda: self._pay(request, body))

    def sdk_order(self, request: Request) -> Response:
        body = _body(request)
        return self.serve("pay", request, _text(body, "merchantOrderId"), lambda: self._sdk_order(request, body))

    def order_status(self, request: Request, order_id: str) -> Response:
        return self.serve("status", request, order_id, lambda: self._order_status(request, order_id))

    def attempt_status(self, request: Request, transaction_id: str) -> Response:
        return self.serve("status", request, transaction_id, lambda: self._attempt_status(request, transaction_id))

    def refund(self, request: Request) -> Response:
        body = _body(request)
        return self.serve("refund", request, _text(body, "merchantRefundId"), lambda: self._refund(request, body))

    def refund_status(self, request: Request, refund_id: str) -> Response:
        return self.serve("refund_status", request, refund_id, lambda: self._refund_status(request, refund_id))

    def list_disputes(self, request: Request) -> Response:
        return self.serve("dispute", request, "", lambda: self._list_disputes(request))

    def get_dispute(self, request: Request, dispute_id: str) -> Response:
        return self._dispute(request, dispute_id, lambda dispute: dispute)

    def accept_dispute(self, request: Request, dispute_id: str) -> Response:
        return self._dispute(request, dispute_id, self.model.disputes.accept)

    def contest_dispute(self, request: Request, dispute_id: str) -> Response:
        return self._dispute(request, dispute_id, self.model.disputes.contest)

    def no_such_route(self, request: Request, problem: HTTPException) -> Response:
        if request.path.startswith("/apis/"):
            error = no_such_mapping()
            return json_answer(error.body, error.http_status)
        return super().no_such_route(request, problem)

    # Answers made from the model.

    def _pay(self, request: Request, body: dict[str, Any] | None) -> dict[str, Any]:
        order = self.model.orders.create(_required(body), self._merchant_id(request))
        page = f"{request.host_url}transact/{order.page_token}"
        return self._opened(order.order_id, order.expire_at) | {"redirectUrl": page}

    def _sdk_order(self, request: Request, body: dict[str, Any] | None) -> dict[str, Any]:
        order = self.model.orders.create(_required(body), self._merchant_id(request))
        return self._opened(order.order_id, order.expire_at) | {"token": order.page_token}

    @staticmethod
    def _opened(order_id: str, expire_at: float) -> dict[str, Any]:
        return {"orderId": order_id, "state": "PENDING", "expireAt": round(expire_at * 1000)}

    def _order_status(self, request: Request, order_id: str) -> dict[str, Any]:
        order = self.model.orders.get(order_id, self._merchant_id(request))
        details, context = _is_true(request, "details"), _is_true(request, "errorContext")
        view = order_view(order, self.model.settings, details=details, error_context=context)
        return view | {"amount": self.model.amount_shown("status", order.amount)}

    def _attempt_status(self, request: Request, transaction_id: str) -> dict[str, Any]:
        order, attempt = self.model.orders.get_by_attempt(transaction_id, self._merchant_id(request))
        return order_view(order, self.model.settings) | {"paymentDetails": [attempt_view(attempt)]}

    def _refund(self, request: Request, body: dict[str, Any] | None) -> dict[str, Any]:
        refund = self.model.refunds.create(_required(body), self._merchant_id(request))
        return {"refundId": refund.refund_id, "amount": refund.amount, "state": refund.state}

    def _refund_status(self, request: Request, refund_id: str) -> dict[str, Any]:
        refund = self.model.refunds.get(refund_id, self._merchant_id(request))
        shape = flat_refund_view if self.model.settings.flat_refund_status else refund_view
        view = shape(refund, self.model.refunds.paid_by(refund), self.model.settings)
        return view | {"amount": self.model.amount_shown("refund_status", refund.amount)}

    def _list_disputes(self, request: Request) -> dict[str, Any]:
        found = self.model.disputes.listed(request.args, self._merchant_id(request))
        return {"disputes": [dispute_view(dispute) for dispute in found]}

    def _dispute(self, request: Request, dispute_id: str, act: Callable[[Dispute], Dispute]) -> Response:
        def now() -> dict[str, Any]:
            return dispute_view(act(self.model.disputes.get(dispute_id, self._merchant_id(request))))

        return self.serve("dispute", request, dispute_id, now)

    def _gateway_routes(self) -> list[tuple[str, str, View]]:
        routes = [("POST", f"{host}/v1/oauth/token", self.token) for host in (SANDBOX, IDENTITY)]
        for host in (SANDBOX, PRODUCTION):
            routes.append(("POST", f"{host}/checkout/v2/pay", self.pay))
            for product in (f"{host}/checkout/v2", f"{host}/payments/v2"):
                routes += self._shared_routes(product)
            routes += self._dispute_routes(f"{host}/v1/disputes")
        return routes

    def _dispute_routes(self, disputes: str) -> list[tuple[str, str, View]]:
        """PhonePe documents the path of the list. The paths of a single dispute are assumed."""
        return [
            ("GET", disputes, self.list_disputes),
            ("GET", f"{disputes}/<dispute_id>", self.get_dispute),
            ("POST", f"{disputes}/<dispute_id>/accept", self.accept_dispute),
            ("POST", f"{disputes}/<dispute_id>/contest", self.contest_dispute),
        ]

    def _shared_routes(self, product: str) -> list[tuple[str, str, View]]:
        return [
            ("POST", f"{product}/sdk/order", self.sdk_order),
            ("GET", f"{product}/order/<order_id>/status", self.order_status),
            ("GET", f"{product}/transaction/<transaction_id>/status", self.attempt_status),
            ("POST", f"{product}/refund", self.refund),
            ("GET", f"{product}/refund/<refund_id>/status", self.refund_status),
        ]


def create_app(
    model: PhonePeModel,
    outbox: Outbox | None = None,
    sleep: Callable[[float], None] = time.sleep,
    speed: float = 1.0,
    diary: Diary | None = None,
) -> PhonePeApp:
    return PhonePeApp(model, outbox or Outbox(model.clock, post_over_http), sleep, speed, diary)


def _body(request: Request) -> dict[str, Any] | None:
    return read_json_object(request)


def _required(body: dict[str, Any] | None) -> dict[str, Any]:
    if body is None:
        raise bad_request("The request body is not a JSON object")
    return body


def _text(body: dict[str, Any] | None, name: str) -> str:
    value = (body or {}).get(name)
    return value if isinstance(value, str) else ""


def _is_true(request: Request, name: str) -> bool:
    """The Node SDK sends the key twice, the Python SDK sends "True": the last value counts, in upper or lower case."""
    given = request.args.getlist(name)
    return bool(given) and given[-1].lower() in ("true", "1")
