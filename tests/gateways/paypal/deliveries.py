"""Deliveries of webhooks, and PayPal's hosts that serve the certificate for their proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from gateway_simulators.paypal.keys import certificate_pem
from gateway_simulators.paypal.settings import Settings
from gateway_simulators.paypal.webhooks import signed
from payments.domain.values.clock import to_text
from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import WebhookRequest
from tests.gateways.fakes import NOW, FakeDeployment
from tests.gateways.paypal.calls import SANDBOX, SECRET, a_capture, a_gateway

ORIGIN = "https://api.sandbox.paypal.com"
SIGNER = Settings(origin=ORIGIN)
EVENTS = {
    "id": "WH-2WR32451HC0233532-67976317FL4543714",
    "event_type": "PAYMENT.CAPTURE.COMPLETED",
    "resource": a_capture(note="₹ 1.0 \u00e9"),
}
BODY = json.dumps(EVENTS).encode()


@dataclass
class PayPalHosts:
    """Serves a certificate and nothing else, and counts the requests."""

    pem: httpx.Response | Exception = field(default_factory=lambda: httpx.Response(200, content=certificate_pem()))
    fetched: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith("/v1/notifications/certs/")
        self.fetched.append(request)
        if isinstance(self.pem, Exception):
            raise self.pem
        return httpx.Response(self.pem.status_code, content=self.pem.content)


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
