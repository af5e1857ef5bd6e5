"""Deliveries of webhooks, and the hosts of PayPal that can say who sent them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from payments.domain.values.clock import to_text
from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import WebhookRequest
from simulators.paypal.keys import certificate_pem
from simulators.paypal.settings import Settings
from simulators.paypal.webhooks import is_ours, signed
from tests.gateways.fakes import NOW, FakeDeployment
from tests.gateways.paypal.calls import SANDBOX, SECRET, a_capture, a_gateway

ORIGIN = "https://api.sandbox.paypal.com"
SIGNER = Settings(origin=ORIGIN)
POSTBACK = {**SECRET, "webhook_proof": "postback"}
EVENTS = {
    "id": "WH-2WR32451HC0233532-67976317FL4543714",
    "event_type": "PAYMENT.CAPTURE.COMPLETED",
    "resource": a_capture(note="₹ 1.0 \u00e9"),
}
BODY = json.dumps(EVENTS).encode()


@dataclass
class PayPalHosts:
    """Serves a certificate and answers who asks; counts both."""

    pem: httpx.Response | Exception = field(default_factory=lambda: httpx.Response(200, content=certificate_pem()))
    verdict: httpx.Response | Exception | None = None
    fetched: list[httpx.Request] = field(default_factory=list)
    requested: list[bytes] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/oauth2/token":
            return httpx.Response(200, json={"access_token": "tok1", "expires_in": 32400})
        if request.url.path.startswith("/v1/notifications/certs/"):
            self.fetched.append(request)
            return _given(self.pem)
        assert request.url.path == "/v1/notifications/verify-webhook-signature"
        self.requested.append(request.read())
        if self.verdict is None:
            status = "SUCCESS" if is_ours(request.content, SIGNER) else "FAILURE"
            return httpx.Response(200, json={"verification_status": status})
        return _given(self.verdict)


def _given(answer: httpx.Response | Exception) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return httpx.Response(answer.status_code, content=answer.content)


def delivery(body: bytes = BODY, settings: Settings = SIGNER, at: datetime = NOW, **headers: str) -> WebhookRequest:
    proof = signed(body, "b2384410-f8d2-11e4-8bf3-77339302725b", to_text(at), settings)
    lower = {name.lower(): value for name, value in proof.items()}
    return WebhookRequest(body, lower | {name.replace("_", "-"): value for name, value in headers.items()})


def is_captured(
    request: WebhookRequest,
    hosts: PayPalHosts | None = None,
    secret: Mapping[str, Any] = SECRET,
    deployment: FakeDeployment = SANDBOX,
) -> bool:
    try:
        a_gateway(hosts or PayPalHosts(), deployment, secret).read_webhook(request)
    except WebhookForged:
        return False
    return True
