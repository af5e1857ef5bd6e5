"""Razorpay's simulator behind the contract suite."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

import httpx

from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.razorpay.webhooks import body_proof
from payments.domain.records.payment import Attempt, Customer
from payments.domain.values.terms import MethodType, Terms
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.contract.webhooks import WebhookRequest
from tests.contract.simulated import SimulatedHarness

DISPUTES = tuple(
    f"payment.dispute.{value}" for value in ("created", "under_review", "action_required", "won", "lost", "closed")
)
# One event per happening, as an account that subscribes to no more than needed.
EVENTS = ("payment.captured", "payment.failed", "qr_code.credited", "refund.processed", "refund.failed", *DISPUTES)
PAYER = Customer("cus_1", "Asha Rao", "asha.rao@example.com", "+919812345678", is_mobile_e164=True)


class RazorpayHarness(SimulatedHarness):
    name = "razorpay"
    currency = "INR"
    decline_ends_it = True  # Checkout's own retry is switched off.
    never_closes = True  # Our system expires an order when its time is over; Razorpay does not.

    def __init__(self, upi_flow: str = "checkout", events: tuple[str, ...] = EVENTS, **habits: Any) -> None:
        super().__init__(webhook_events=events, **habits)
        self.secret["upi_flow"] = upi_flow

    @property
    def secrets(self) -> frozenset[str]:
        login = b64encode(f"{self.settings.key_id}:{self.settings.key_secret}".encode()).decode()
        known = {self.settings.key_secret, self.settings.webhook_secret, login}
        return frozenset(known | {PAYER.name, PAYER.email, PAYER.mobile, "success@razorpay"})

    def new_searched(self) -> Attempt:
        """An order is found by its receipt, a QR code only by a search."""
        self.secret["upi_flow"] = "qr"
        return self.new_attempt(terms=Terms(method_type=MethodType.UPI))

    def order(self) -> CheckoutDetails:
        return replace(super().order(), customer=PAYER)

    def authorize(self, attempt: Attempt) -> None:
        self.pay(attempt)

    def refusal(self, code: str, http_status: int) -> httpx.Response:
        error = {"code": "BAD_REQUEST_ERROR", "description": "no", "reason": code, "metadata": {}}
        return httpx.Response(http_status, json={"error": error})

    def signed(self, body: bytes) -> WebhookRequest:
        return WebhookRequest(body, {"x-razorpay-signature": body_proof(self.settings.webhook_secret, body)})

    def wrongly_signed(self, body: bytes) -> WebhookRequest:
        return WebhookRequest(body, {"x-razorpay-signature": body_proof(self.settings.key_secret, body)})

    def unknown_event(self, attempt: Attempt) -> bytes:
        entity = {"id": "order_1", "receipt": attempt.id}
        return json.dumps({"event": "order.celebrated", "payload": {"order": {"entity": entity}}}).encode()

    def browser_proof(self, attempt: Attempt) -> dict[str, str]:
        """The arguments of Checkout's handler."""
        path = f"/v1/checkout/done/{attempt.checkout_ref}"
        with httpx.Client(transport=InProcessTransport(self.app), base_url="http://sim.test") as client:
            page = client.get(path).raise_for_status().text
        reported: dict[str, str] = json.loads(page.split("postMessage(")[1].split(", '*')")[0])["told"]
        return reported


HARNESSES = {
    "razorpay": RazorpayHarness,
}
