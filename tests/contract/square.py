"""Square's simulator behind the contract suite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from gateway_simulators.square.webhooks import SIGNATURE_HEADER, signature
from payments.domain.records.payment import Attempt
from payments.domain.values.terms import AS_IT_COMES, CaptureMode, Terms
from payments.gateways.contract.payments import CanCancel
from payments.gateways.contract.webhooks import WebhookRequest
from payments.gateways.square.adapter import Square
from tests.contract.simulated import HOOK, SimulatedHarness

TOKENS = {
    "ok": "cnon:card-nonce-ok",
    "declined": "cnon:card-nonce-declined",
    "needs_action": "cnon:sim-verification-required",  # Square has no such state: the payer makes a new token.
}
AUTHORIZED = Terms(capture=CaptureMode.MANUAL, source_token=TOKENS["ok"])


class SquareHarness(SimulatedHarness):
    name = "square"
    shows = frozenset({"wait", "return", "by_hand", "lapse"})

    def __init__(self, **habits: Any) -> None:
        super().__init__(**habits)
        self._attempts: list[Attempt] = []

    @property
    def square(self) -> Square:
        assert isinstance(self.gateway, Square)
        return self.gateway

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset({self.settings.access_token, self.settings.signature_key, *TOKENS.values()})

    def without_webhook_secret(self, secret: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**secret, "webhook_signature_keys": []}

    def new_attempt(self, minor: int = 49900, terms: Terms = AS_IT_COMES) -> Attempt:
        attempt = super().new_attempt(minor, terms)
        self._attempts.append(attempt)
        return attempt

    def new_authorized(self, minor: int = 49900) -> Attempt:
        """A link cannot authorize."""
        attempt = self.new_attempt(minor, AUTHORIZED)
        charge = self.square.charge_token(attempt, self.order())
        return replace(attempt, checkout_ref=charge.ref, payment_ref=charge.snapshot.ref)

    def new_under_way(self, minor: int = 49900) -> Attempt:
        """A bank transfer needs a token: links do not accept it."""
        attempt = self.new_attempt(minor, Terms(source_token="bnon:bank-nonce-ok"))
        return replace(attempt, checkout_ref=self.square.charge_token(attempt, self.order()).ref)

    def new_searched(self) -> Attempt:
        """No payer is sent to a link whose create answer was lost."""
        return self.new_attempt(terms=Terms(source_token=TOKENS["ok"]))

    def token_for(self, outcome: str) -> str:
        return TOKENS[outcome]

    def pass_time(self, seconds: float) -> None:
        """A link never expires: our system closes it when its time is over."""
        super().pass_time(seconds)
        for order in self.app.model.ledger_orders():
            overdue = [each for each in self._attempts if each.id == order.id and self.now() > each.expires_at]
            if order.state == "open" and overdue and not overdue[0].terms.is_direct:
                self._close(overdue[0], order.ref)

    def refusal(self, code: str, http_status: int) -> httpx.Response:
        error = {"category": "INVALID_REQUEST_ERROR", "code": code, "detail": "no"}
        return httpx.Response(http_status, json={"errors": [error]})

    def webhooks(self, subject: str) -> list[WebhookRequest]:
        """The last webhook of each fact: Square reports most payments twice, as created and as updated."""
        names = {subject, *(order.ref for order in self.app.model.ledger_orders() if order.id == subject)}
        about = [each for each in self.all_webhooks() if any(name.encode() in each.body for name in names)]
        return [request for request in about if b'"payment.created"' not in request.body] or about

    def signed(self, body: bytes) -> WebhookRequest:
        return WebhookRequest(body, {SIGNATURE_HEADER: signature(self.settings.signature_key, HOOK, body)})

    def wrongly_signed(self, body: bytes) -> WebhookRequest:
        return WebhookRequest(body, {SIGNATURE_HEADER: signature("wrong-key", HOOK, body)})

    def unknown_event(self, attempt: Attempt) -> bytes:
        shown = {"id": "P1", "reference_id": attempt.id}
        event = {"type": "celebration.updated", "event_id": "8d7f-0001", "data": {"object": {"payment": shown}}}
        return json.dumps(event).encode()

    def _close(self, attempt: Attempt, order_id: str) -> None:
        links = self.app.model.links.by_order  # type: ignore[attr-defined]
        ref = f"{order_id}/{links[order_id].id}"
        assert isinstance(self.gateway, CanCancel)
        self.gateway.cancel_payment(replace(attempt, checkout_ref=ref))


HARNESSES = {
    "square": SquareHarness,
    "square-400": lambda: SquareHarness(all_declines_are_400=True, shows_failed_payment=False),
}
