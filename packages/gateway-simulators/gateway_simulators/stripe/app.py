"""Stripe's HTTP interface over the model: check the credentials, call the model, answer in Stripe's format."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.controls import Controls
from gateway_simulators.kit.gateway import GatewayApp, GatewayRefusal, wrong
from gateway_simulators.kit.http import json_answer
from gateway_simulators.kit.outbox import Outbox, post_over_http
from gateway_simulators.kit.replay import Diary
from gateway_simulators.stripe import calls, errors, pages
from gateway_simulators.stripe.errors import invalid, malformed
from gateway_simulators.stripe.forms import Field, nested, read
from gateway_simulators.stripe.lists import check_expand, expanded
from gateway_simulators.stripe.lookups import Lookups
from gateway_simulators.stripe.model import StripeModel
from gateway_simulators.stripe.records import Intent
from gateway_simulators.stripe.settings import VERSION
from gateway_simulators.stripe.views import View, customer_view, dispute_view, method_view, refund_view

Fields = dict[str, Field]
Given = dict[str, Any]
INTENTS, SESSIONS, REFUNDS = "/v1/payment_intents", "/v1/checkout/sessions", "/v1/refunds"
NO_LONGER = "payment_method_types_no_longer_supported"
AMOUNTS = ("amount", "amount_received", "amount_capturable", "amount_total", "amount_subtotal")


class StripeApp(GatewayApp):
    model: StripeModel

    def __init__(
        self, model: StripeModel, outbox: Outbox, sleep: Callable[[float], None], speed: float,
        diary: Diary | None = None,
    ) -> None:  # fmt: skip
        self.model = model
        self._requests = 0
        routes = [*self._writes(), *Lookups(self).routes(), *pages.routes(self), *Controls(self).routes()]
        super().__init__(model, outbox, sleep, speed, routes, diary, model.settings.slow_seconds)

    def answer(self, request: Request) -> Response:
        if not request.path.startswith("/v1/"):
            return super().answer(request)
        self._requests += 1
        self.model.intents.origin = request.host_url.rstrip("/")
        answer = super().answer(request)
        answer.headers["Request-Id"] = self._request_id()
        answer.headers["Stripe-Version"] = VERSION
        return answer

    def is_let_in(self, op: str, request: Request) -> bool:
        login = request.authorization
        given = (login.token or login.username) if login else None
        return given == self.model.settings.secret_key

    def unauthorized(self, op: str) -> GatewayRefusal:
        return errors.unauthorized()

    def error(self, http_status: int) -> GatewayRefusal:
        return errors.error(http_status)

    def no_such_route(self, request: Request, problem: HTTPException) -> Response:
        if request.path.startswith("/v1/"):
            return json_answer(errors.no_such_route(request.method, request.path).body, 404)
        return super().no_such_route(request, problem)

    # Writes.

    def create_intent(self, request: Request) -> Response:
        def act(given: Given) -> View:
            return self._intent(self.model.intents.create(given))

        return self._write("pay", request, calls.CREATE_INTENT, _attempt_id(request), act)

    def change_intent(self, request: Request, intent_id: str, change: str = "") -> Response:
        op = change if change in ("capture", "cancel") else "pay"
        fields = {
            "": calls.UPDATE_INTENT, "confirm": calls.CONFIRMING, "capture": calls.CAPTURE, "cancel": calls.CANCEL,
        }[change]  # fmt: skip

        def act(given: Given) -> View:
            intent = self.model.intents.get(intent_id)
            self._change(intent, change, given)
            return self._intent(intent)

        return self._write(op, request, fields, self._name_of(intent_id), act)

    def create_session(self, request: Request) -> Response:
        def act(given: Given) -> View:
            return self.model.sessions.view(self.model.sessions.create(given))

        return self._write("pay", request, calls.CREATE_SESSION, _attempt_id(request), act)

    def update_session(self, request: Request, session_id: str) -> Response:
        def act(given: Given) -> View:
            session = self.model.sessions.get(session_id)
            self.model.sessions.update(session, given)
            return self.model.sessions.view(session)

        return self._write("pay", request, calls.UPDATE_SESSION, "", act)

    def expire_session(self, request: Request, session_id: str) -> Response:
        def act(given: Given) -> View:
            session = self.model.sessions.get(session_id)
            self.model.sessions.expire(session)
            return self.model.sessions.view(session)

        session = self.model.sessions.by_id.get(session_id)
        return self._write("cancel", request, calls.ONLY_EXPAND, session.reference if session else "", act)

    def create_refund(self, request: Request) -> Response:
        subject = request.form.get("metadata[refund_id]", "")
        return self._write(
            "refund", request, calls.CREATE_REFUND, subject, lambda given: refund_view(self.model.refunds.create(given))
        )

    def change_refund(self, request: Request, refund_id: str, change: str = "") -> Response:
        def act(given: Given) -> View:
            refund = self.model.refunds.get(refund_id)
            if change:
                self.model.refunds.cancel(refund)
            else:
                self.model.refunds.update(refund, given)
            return refund_view(refund)

        return self._write("refund", request, calls.ONLY_EXPAND if change else calls.UPDATE_REFUND, "", act)

    def change_dispute(self, request: Request, dispute_id: str, change: str = "") -> Response:
        def act(given: Given) -> View:
            dispute = self.model.disputes.get(dispute_id)
            if change:
                self.model.disputes.close(dispute)
            else:
                self.model.disputes.update(dispute, given)
            return dispute_view(dispute)

        fields = calls.ONLY_EXPAND if change else calls.UPDATE_DISPUTE
        return self._write("dispute", request, fields, dispute_id, act)

    def create_customer(self, request: Request) -> Response:
        def act(given: Given) -> View:
            return customer_view(self.model.methods.create_customer(given))

        return self._write("pay", request, calls.CREATE_CUSTOMER, "", act)

    def attach(self, request: Request, method_id: str) -> Response:
        def act(given: Given) -> View:
            return method_view(self.model.methods.attach(method_id, given["customer"]))

        return self._write("pay", request, calls.ATTACH, "", act)

    def detach(self, request: Request, method_id: str) -> Response:
        def act(given: Given) -> View:
            return method_view(self.model.methods.detach(method_id))

        return self._write("pay", request, calls.ONLY_EXPAND, "", act)

    # How a call is answered.

    def read(self, op: str, request: Request, fields: Fields, subject: str, act: Callable[[Given], View]) -> Response:
        def now() -> View:
            given = self._given(request, fields, request.args)
            view = self._expanded(act(given), given)
            return _spoiled(view) if self.model.faults.take(op, "wrong_amount") else view

        return self.serve(op, request, subject, now)

    def _write(self, op: str, request: Request, fields: Fields, subject: str, act: Callable[[Given], View]) -> Response:
        def now() -> View:
            given = self._given(request, fields, request.form)
            return self._expanded(act(given), given)

        return self.serve(op, request, subject, lambda: self._once(op, request, now))

    def _once(self, op: str, request: Request, now: Callable[[], View]) -> Response:
        if self.model.faults.take(op, "key_in_use"):
            message = "There is currently another in-progress request using this Idempotent Key."
            raise invalid(message, "idempotency_key_in_use", http_status=409)
        if self.model.faults.take(op, "lock_timeout"):
            raise invalid("This object cannot be accessed right now.", "lock_timeout", http_status=429)
        key = request.headers.get("Idempotency-Key", "")
        what = (request.path, *sorted(f"{name}={value}" for name, value in request.form.items(multi=True)))
        stored, is_replayed = self.model.keys.find(key, what) if key else None, True
        if stored is None:
            stored, is_replayed = self.model.keys.execute(key, what, now, self._request_id()), False
        answer = json_answer(stored.body, stored.http_status)
        if key:
            answer.headers |= {"Idempotency-Key": key, "Original-Request": stored.request_id}
            answer.headers["Stripe-Should-Retry"] = "false"
        if is_replayed:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer

    def _given(self, request: Request, fields: Fields, form: Any) -> Given:
        if request.headers.get("Stripe-Version", VERSION) != VERSION:
            raise malformed(f"Invalid Stripe API version: {request.headers['Stripe-Version']}")
        if request.method == "POST" and request.get_data(cache=True) and not form:
            raise malformed("Invalid request body: it must be form-encoded.")
        given = nested(form.items(multi=True))
        if "payment_method_types" in given and request.path in (INTENTS, SESSIONS):
            raise malformed("`payment_method_types` can no longer be set.", NO_LONGER, "payment_method_types")
        values = read(fields, given)
        check_expand(values.get("expand", []))
        return values

    def _expanded(self, view: View, given: Given) -> View:
        return expanded(view, given.get("expand", []), self.model.find)

    def _intent(self, intent: Intent) -> View:
        return self.model.intents.view(intent)

    def _change(self, intent: Intent, change: str, given: Given) -> None:
        match change:
            case "confirm":
                self.model.intents.confirm(intent, given)
            case "capture":
                self.model.intents.capture(intent, given)
            case "cancel":
                self.model.intents.cancel(intent, given.get("cancellation_reason", ""))
            case _:
                self.model.intents.update(intent, given)

    def _name_of(self, intent_id: str) -> str:
        intent = self.model.intents.by_id.get(intent_id)
        return intent.metadata.get("attempt_id", "") if intent else ""

    def _request_id(self) -> str:
        return f"req_{self._requests:014d}"

    def _writes(self) -> list[tuple[str, str, Callable[..., Response]]]:
        return [
            ("POST", INTENTS, self.create_intent),
            ("POST", f"{INTENTS}/<intent_id>", self.change_intent),
            ("POST", f"{INTENTS}/<intent_id>/<any(confirm,capture,cancel):change>", self.change_intent),
            ("POST", SESSIONS, self.create_session),
            ("POST", f"{SESSIONS}/<session_id>", self.update_session),
            ("POST", f"{SESSIONS}/<session_id>/expire", self.expire_session),
            ("POST", REFUNDS, self.create_refund),
            ("POST", f"{REFUNDS}/<refund_id>", self.change_refund),
            ("POST", f"{REFUNDS}/<refund_id>/<any(cancel):change>", self.change_refund),
            ("POST", "/v1/disputes/<dispute_id>", self.change_dispute),
            ("POST", "/v1/disputes/<dispute_id>/<any(close):change>", self.change_dispute),
            ("POST", "/v1/customers", self.create_customer),
            ("POST", "/v1/payment_methods/<method_id>/attach", self.attach),
            ("POST", "/v1/payment_methods/<method_id>/detach", self.detach),
        ]


def _attempt_id(request: Request) -> str:
    return request.form.get("client_reference_id") or request.form.get("metadata[attempt_id]", "")


def _spoiled(view: View) -> View:
    """Under fault wrong_amount: the amounts of this one answer are wrong."""
    changed: View = {name: wrong(view[name]) for name in AMOUNTS if view.get(name)}
    if isinstance(view.get("payment_intent"), dict):
        changed["payment_intent"] = _spoiled(view["payment_intent"])
    if isinstance(view.get("data"), list):
        changed["data"] = [_spoiled(each) for each in view["data"]]
    return view | changed


def create_app(
    model: StripeModel,
    outbox: Outbox | None = None,
    sleep: Callable[[float], None] = time.sleep,
    speed: float = 1.0,
    diary: Diary | None = None,
) -> StripeApp:
    return StripeApp(model, outbox or Outbox(model.clock, post_over_http), sleep, speed, diary)
