"""PhonePe's simulator behind the contract suite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from gateway_simulators.phonepe.webhooks import body_proof, constant_proof
from payments.domain.records.payment import Attempt
from payments.gateways.contract.webhooks import WebhookRequest
from tests.contract.simulated import SimulatedHarness
from tests.gateways.fakes import FakeDeployment


class PhonePeHarness(SimulatedHarness):
    name = "phonepe"
    currency = "INR"
    refunds_need_ref = False
    decline_ends_it = True
    has_tokens = True

    def __init__(self, webhook_auth: str) -> None:
        super().__init__(FakeDeployment(), webhook_auth=webhook_auth)
        self.secret["webhook_auth"] = webhook_auth
        self.proof_covers_body = webhook_auth == "hmac"

    @property
    def secrets(self) -> frozenset[str]:
        tokens = {value.removeprefix("O-Bearer ") for value in self.between.authorizations}
        known = {self.settings.client_secret, self.settings.webhook_password, self.settings.hmac_secret}
        return frozenset(tokens | known | {constant_proof("sim_user", "simPass123"), "ASHA R", "XXXXXX4321"})

    def refusal(self, code: str, http_status: int) -> httpx.Response:
        return httpx.Response(http_status, json={"code": code, "message": "no"})

    def forget_tokens(self) -> None:
        for authorization in self.between.authorizations:
            self.app.model.tokens.revoke(authorization)  # type: ignore[attr-defined]

    def signed(self, body: bytes) -> WebhookRequest:
        return self._with_proof(body, self.settings)

    def wrongly_signed(self, body: bytes) -> WebhookRequest:
        others = replace(self.settings, webhook_password="wrongPass1", hmac_secret="wrong-secret")
        return self._with_proof(body, others)

    def unknown_event(self, attempt: Attempt) -> bytes:
        return json.dumps({"event": "checkout.order.celebrated", "payload": {"merchantOrderId": attempt.id}}).encode()

    def without_webhook_secret(self, secret: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"client_secret": secret["client_secret"]}

    def _with_proof(self, body: bytes, settings: Any) -> WebhookRequest:
        if self.proof_covers_body:
            return WebhookRequest(body, {settings.hmac_signature_header: body_proof(settings.hmac_secret, body)})
        return WebhookRequest(body, {"authorization": constant_proof(settings.webhook_user, settings.webhook_password)})


HARNESSES = {
    "phonepe-sha256": lambda: PhonePeHarness("sha256"),
    "phonepe-hmac": lambda: PhonePeHarness("hmac"),
}
