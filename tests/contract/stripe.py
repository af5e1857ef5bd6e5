"""Stripe's simulator behind the contract suite."""

from __future__ import annotations

import json
from typing import Any

import httpx

from gateway_simulators.stripe.events import signature
from gateway_simulators.stripe.model import StripeModel
from payments.domain.records.payment import Attempt
from payments.domain.values.terms import AS_IT_COMES, Terms
from payments.gateways.contract.payments import CanCancel
from payments.gateways.contract.webhooks import WebhookRequest
from tests.contract.harness import AFTER_THE_END
from tests.contract.simulated import SimulatedHarness

TOKENS = {
    "ok": "pm_card_visa",
    "declined": "pm_card_visa_chargeDeclined",
    "needs_action": "pm_card_threeDSecure2Required",
}


class StripeHarness(SimulatedHarness):
    name = "stripe"
    shows = AFTER_THE_END

    def __init__(self, **habits: Any) -> None:
        super().__init__(**{"refund_seconds": 2.0, **habits})
        self._attempts: list[Attempt] = []

    @property
    def model(self) -> StripeModel:
        assert isinstance(self.app.model, StripeModel)
        return self.app.model

    @property
    def secrets(self) -> frozenset[str]:
        client_secrets = {intent.secret for intent in self.model.intents.by_id.values()}
        return frozenset({self.settings.secret_key, *self.settings.webhook_secrets, *client_secrets, "4242"})

    def new_attempt(self, minor: int = 49900, terms: Terms = AS_IT_COMES) -> Attempt:
        attempt = super().new_attempt(minor, terms)
        self._attempts.append(attempt)
        return attempt

    def token_for(self, outcome: str) -> str:
        return TOKENS[outcome]

    def authorize(self, attempt: Attempt) -> None:
        self.pay(attempt)

    def pass_time(self, seconds: float) -> None:
        """A session is open longer than our order: our system closes it when the order expires."""
        super().pass_time(seconds)
        still_open = {order.id for order in self.model.ledger_orders() if order.state == "open"}
        for attempt in self._attempts:
            if attempt.id in still_open and self.now() > attempt.expires_at and isinstance(self.gateway, CanCancel):
                self.gateway.cancel_payment(attempt)

    def refusal(self, code: str, http_status: int) -> httpx.Response:
        error = {"type": "invalid_request_error", "code": code, "message": "no"}
        return httpx.Response(http_status, json={"error": error})

    def signed(self, body: bytes) -> WebhookRequest:
        return self._with_proof(body, self.settings.webhook_secrets)

    def wrongly_signed(self, body: bytes) -> WebhookRequest:
        return self._with_proof(body, ("whsec_another",))

    def unknown_event(self, attempt: Attempt) -> bytes:
        subject = {"object": "payment_intent", "metadata": {"attempt_id": attempt.id}}
        event = {"id": "evt_new", "type": "payment.celebrated", "livemode": False, "data": {"object": subject}}
        return json.dumps(event).encode()

    def _with_proof(self, body: bytes, secrets: tuple[str, ...]) -> WebhookRequest:
        return WebhookRequest(body, {"stripe-signature": signature(secrets, body, int(self.clock.now()))})


HARNESSES = {
    "stripe": StripeHarness,
}
