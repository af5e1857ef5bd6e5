"""PayPal's simulator behind the contract suite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from gateway_simulators.paypal.views import time_text
from gateway_simulators.paypal.webhooks import signed
from payments.domain.records.payment import Attempt
from payments.gateways.contract.webhooks import WebhookRequest
from tests.contract.simulated import SimulatedHarness


class PayPalHarness(SimulatedHarness):
    """A payer at PayPal only approves: our next check authorizes or captures."""

    name = "paypal"
    decline_ends_it = True
    has_tokens = True
    shows = frozenset({"wait", "return", "by_hand", "reverse", "lapse"})
    authorization_life_s = 30 * 86400.0  # PayPal voids it one day after the last day on which it can be captured.

    def __init__(self, **habits: Any) -> None:
        super().__init__(token_life_seconds=3600, approve_within_seconds=600, refund_step_seconds=5.0, **habits)

    @property
    def secrets(self) -> frozenset[str]:
        tokens = {value.removeprefix("Bearer ") for value in self.between.authorizations}
        return frozenset(tokens | {self.settings.client_secret, "buyer@example.com", "QYR5Z8XDVJNXQ", "Bea"})

    def fault(self, fault: str, op: str) -> None:
        """A webhook of money comes with the capture; and a refund without a ref is looked up in its order."""
        where = "capture" if fault.endswith("_webhook") and op == "pay" else {"refund_status": "status"}.get(op, op)
        super().fault(fault, where)

    def refusal(self, code: str, http_status: int) -> httpx.Response:
        body = {"name": "NOT_AUTHORIZED", "message": "no", "debug_id": "1", "details": [{"issue": code}]}
        return httpx.Response(http_status, json=body)

    def forget_tokens(self) -> None:
        for authorization in self.between.authorizations:
            self.app.model.tokens.revoke(authorization)  # type: ignore[attr-defined]

    def calls(self) -> Mapping[str, int]:
        calls = super().calls()
        return {**calls, "refund_status": calls["refund_status"] + calls["status"]}

    def sent_again(self, webhook: WebhookRequest) -> WebhookRequest:
        """The same event in a new delivery."""
        return self._with_proof(webhook.body, self.settings, "cc33-dd44")

    def signed(self, body: bytes) -> WebhookRequest:
        return self._with_proof(body, self.settings)

    def wrongly_signed(self, body: bytes) -> WebhookRequest:
        """Signed by PayPal, but for somebody else's webhook."""
        return self._with_proof(body, replace(self.settings, webhook_id="5EVIL00000000000W"))

    def unknown_event(self, attempt: Attempt) -> bytes:
        resource = {"id": "3C679366HH908993F", "custom_id": attempt.id}
        return json.dumps({"id": "WH-NEW-1", "event_type": "PAYMENT.CAPTURE.CELEBRATED", "resource": resource}).encode()

    def _with_proof(self, body: bytes, settings: Any, transmission_id: str = "aa11-bb22") -> WebhookRequest:
        headers = signed(body, transmission_id, time_text(self.clock.now()), settings)
        return WebhookRequest(body, {name.lower(): value for name, value in headers.items()})


HARNESSES = {"paypal": PayPalHarness}
