"""The gateways' own sandboxes: PAVATI_SANDBOX_<NAME> holds a gateway's JSON secret.

PhonePe's also holds client_id and client_version. Only tests that need no payer run there.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dev.histories.assumed import assumed_of
from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.values.account import Account
from payments.domain.values.ids import ATTEMPT, REFUND, Ids
from payments.domain.values.money import Money
from payments.domain.values.terms import AS_IT_COMES, Terms
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.registry import GATEWAYS, GatewayParts, build_gateway
from payments.gateways.transport.deadline import Deadline
from payments.runtime.clock import SystemClock
from tests.gateways.fakes import FakeDeployment, MemoryVault, a_refund, an_attempt, an_order

TOKENS = {
    "stripe": {"ok": "pm_card_visa", "declined": "pm_card_visa_chargeDeclined"},
    "square": {"ok": "cnon:card-nonce-ok", "declined": "cnon:card-nonce-declined"},
}


def secrets(environ: Mapping[str, str] = os.environ) -> dict[str, dict[str, Any]]:
    """By gateway: the secrets that are set."""
    texts = {name: environ.get(f"PAVATI_SANDBOX_{name.upper()}", "") for name in GATEWAYS}
    return {name: json.loads(text) for name, text in texts.items() if text}


class SandboxHarness:
    """The part of a harness that works without a payer."""

    def __init__(self, name: str, secret: Mapping[str, Any]) -> None:
        self.name, self.currency = name, "INR" if assumed_of(name).country == "IN" else "USD"
        self._clock, self._ids = SystemClock(), Ids(random.SystemRandom().getrandbits)
        deployment = FakeDeployment(gateway_mode="sandbox", simulator_url="")
        parts = GatewayParts(deployment, lambda _: secret, MemoryVault(), self._clock, Deadline())
        self.gateway = build_gateway(Account(name), parts)

    def new_attempt(self, minor: int = 49900, terms: Terms = AS_IT_COMES) -> Attempt:
        now = datetime.now(UTC)
        attempt = an_attempt(self._ids.new(ATTEMPT, now), minor)
        attempt = replace(attempt, created_at=now, sent_at=now, expires_at=now + timedelta(minutes=10))
        return replace(attempt, gateway=self.name, amount=Money(minor, self.currency), terms=terms)

    def order(self) -> CheckoutDetails:
        return an_order()

    def new_refund(self, attempt: Attempt, minor: int) -> Refund:
        now = datetime.now(UTC)
        return replace(a_refund(attempt, minor, self._ids.new(REFUND, now)), created_at=now)

    def token_for(self, outcome: str) -> str:
        return TOKENS[self.name][outcome]
