"""PhonePe's HTTP surface over the model. Thin: prove the caller, ask the model, answer in PhonePe's words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from simulators.kit.faults import BEFORE_ACTING, ON_THE_WIRE, Fault
from simulators.kit.http import AnswerLostError, RefusedError, Router, json_answer, read_json_object
from simulators.kit.outbox import Outbox, post_over_http
from simulators.kit.replay import Diary
from simulators.phonepe import admin, pages
from simulators.phonepe.errors import (
    GatewayError,
    bad_request,
    internal_error,
    invalid_client,
    no_such_mapping,
    unauthorized,
)
from simulators.phonepe.model import PhonePeModel
from simulators.phonepe.views import attempt_view, flat_refund_view, order_view, refund_view

SANDBOX, PRODUCTION, IDENTITY = "/apis/pg-sandbox", "/apis/pg", "/apis/identity-manager"
GARBAGE = "<html><head><title>503</title></head><body><h1>Service Temporarily Unavailable</h1></body></html>"


class PhonePeApp(Router):
    def __init__(
        self,
        model: PhonePeModel,
        outbox: Outbox,
        sleep: Callable[[float], None],
        speed: float,
        diary: Diary | None = None,
    ) -> None:
        self.model = model
        self.outbox = outbox
        self.speed = speed  # Of the model's clock, for the countdown on the pay page.
        self.lock: AbstractContextManager[object] = diary or threading.RLock()
        self._diary = diary
        self._sleep = sleep
        super().__init__([*self._gateway_routes(), *pages.routes(self), *admin.routes(self)])

    def tick(self) -> None:
        """What is due happens; its news goes to the outbox."""
        with self.lock:
            self._act_on_due()
            self.post_news()

    def pump(self) -> int:
        """For tests: what is due happens, and every webhook due is delivered. Returns how many posts were tried."""
        self.tick()
        return self.outbox.pump()

    def post_news(self) -> None:
        for webhook in self.model.take_webhooks():
            if webhook.url and not self._is_replaying:
                self.outbox.add(webhook)

    def reset(self) -> None:
        self.model.reset()
        self.outbox.clear()
        if self._diary:
            self._diary.start_again(self.model.tokens.expires_at)

    def _act_on_due(self) -> None:
        due_at = self.model.timers.next_due_at()
        if self._diary and due_at is not None and due_at <= self.model.clock():
            self._diary.mark()
        self.model.tick()

    @property
    def _is_replaying(self) -> bool:
        return self._diary is not None and self._diary.is_replaying

    # Calls of the merchant's server.

    def token(self, request: Request) -> Response:
        return self._serve("token", request, "", lambda: self.model.tokens.issue(request.form.to_dict()))

    def pay(self, request: Request) -> Response:
        body = _body(request)
        return self._serve("pay", request, _text(body, "merchantOrderId"), lambda: self._pay(request, body))

    def sdk_order(self, request: Request) -> Response:
        body = _body(request)
        return self._serve("pay", request, _text(body, "merchantOrderId"), lambda: self._sdk_order(body))

    def order_status(self, request: Request, order_id: str) -> Response:
        return self._serve("status", request, order_id, lambda: self._order_status(request, order_id))

    def attempt_status(self, request: Request, transaction_id: str) -> Response:
        return self._serve("status", request, transaction_id, lambda: self._attempt_status(transaction_id))

    def refund(self, request: Request) -> Response:
        body = _body(request)
        return self._serve("refund", request, _text(body, "merchantRefundId"), lambda: self._refund(body))

    def refund_status(self, request: Request, refund_id: str) -> Response:
        return self._serve("refund_status", request, refund_id, lambda: self._refund_status(refund_id))

    def no_such_route(self, request: Request, problem: HTTPException) -> Response:
        if request.path.startswith("/apis/"):
            error = no_such_mapping()
            return json_answer(error.body, error.http_status)
        return super().no_such_route(request, problem)

    # What the model makes of them.

    def _pay(self, request: Request, body: dict[str, Any] | None) -> dict[str, Any]:
        order = self.model.orders.create(_required(body))
        page = f"{request.host_url}transact/{order.page_token}"
        return self._opened(order.order_id, order.expire_at) | {"redirectUrl": page}

    def _sdk_order(self, body: dict[str, Any] | None) -> dict[str, Any]:
        order = self.model.orders.create(_required(body))
        return self._opened(order.order_id, order.expire_at) | {"token": order.page_token}

    @staticmethod
    def _opened(order_id: str, expire_at: float) -> dict[str, Any]:
        return {"orderId": order_id, "state": "PENDING", "expireAt": round(expire_at * 1000)}

    def _order_status(self, request: Request, order_id: str) -> dict[str, Any]:
        order = self.model.orders.get(order_id)
        details, context = _is_true(request, "details"), _is_true(request, "errorContext")
        view = order_view(order, self.model.settings, details=details, error_context=context)
        return view | {"amount": self.model.amount_shown("status", order.amount, order.asked_amount)}

    def _attempt_status(self, transaction_id: str) -> dict[str, Any]:
        order, attempt = self.model.orders.get_by_attempt(transaction_id)
        return order_view(order, self.model.settings) | {"paymentDetails": [attempt_view(attempt)]}

    def _refund(self, body: dict[str, Any] | None) -> dict[str, Any]:
        refund = self.model.refunds.create(_required(body))
        return {"refundId": refund.refund_id, "amount": refund.amount, "state": refund.state}

    def _refund_status(self, refund_id: str) -> dict[str, Any]:
        refund = self.model.refunds.get(refund_id)
        shape = flat_refund_view if self.model.settings.flat_refund_status else refund_view
        view = shape(refund, self.model.refunds.paid_by(refund), self.model.settings)
        return view | {"amount": self.model.amount_shown("refund_status", refund.amount, refund.asked_amount)}

    # Around every call: proof, faults, counting.

    def _serve(self, op: str, request: Request, subject: str, act: Callable[[], dict[str, Any]]) -> Response:
        with self.lock:
            self._act_on_due()
            fault = self._take_fault(op, request)
            if fault and fault.fault == "refuse":
                raise RefusedError("the simulator refused the connection")
            self.model.count(op, subject)
            answer = self._answer(op, request, fault, act)
            is_overtaken = answer.status_code == 200 and self.model.overtake(op, subject)
            self.post_news()
        if is_overtaken:
            self.outbox.pump()
        return self._spoil(answer, fault)

    def _take_fault(self, op: str, request: Request) -> Fault | None:
        """A caller without a good token gets nothing done, so faults after acting wait for the next call."""
        is_let_in = op == "token" or self.model.tokens.has(request.headers.get("Authorization", ""))
        return self.model.faults.take(op, *(ON_THE_WIRE if is_let_in else BEFORE_ACTING))

    def _answer(self, op: str, request: Request, fault: Fault | None, act: Callable[[], dict[str, Any]]) -> Response:
        try:
            self._fail_early(op, request, fault)
            return json_answer(act())
        except GatewayError as error:
            return json_answer(error.body, error.http_status)

    def _fail_early(self, op: str, request: Request, fault: Fault | None) -> None:
        if fault and fault.fault == "error_before":
            raise internal_error()
        authorization = request.headers.get("Authorization", "")
        if fault and fault.fault == "unauthorized":
            self.model.tokens.revoke(authorization)
            raise invalid_client("0", 401) if op == "token" else unauthorized()
        if op != "token" and not self.model.tokens.has(authorization):
            raise unauthorized()

    def _spoil(self, answer: Response, fault: Fault | None) -> Response:
        match fault.fault if fault else "":
            case "lose_answer":
                raise AnswerLostError("the simulator acted and lost its answer")
            case "error_after":
                return json_answer(internal_error().body, 500)
            case "garbage":
                return Response(GARBAGE, 200, content_type="text/html")
            case "slow":
                seconds = fault.seconds if fault else None
                if not self._is_replaying:
                    self._sleep(self.model.settings.slow_seconds if seconds is None else seconds)
        return answer

    def _gateway_routes(self) -> list[tuple[str, str, Callable[..., Response]]]:
        routes = [("POST", f"{host}/v1/oauth/token", self.token) for host in (SANDBOX, IDENTITY)]
        for host in (SANDBOX, PRODUCTION):
            routes.append(("POST", f"{host}/checkout/v2/pay", self.pay))
            for product in (f"{host}/checkout/v2", f"{host}/payments/v2"):
                routes += self._shared_routes(product)
        return routes

    def _shared_routes(self, product: str) -> list[tuple[str, str, Callable[..., Response]]]:
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
    """The Node SDK sends the key twice, the Python SDK a capital True: the last one counts, in any case."""
    given = request.args.getlist(name)
    return bool(given) and given[-1].lower() in ("true", "1")
