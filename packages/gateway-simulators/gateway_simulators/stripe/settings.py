"""What can be set about the simulated account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VERSION = "2026-10-28.endive"

# What the endpoint listens to unless told otherwise: one piece of news for each thing that happens.
USUAL_EVENTS = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.succeeded",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
EVERY_EVENT = ("*",)


@dataclass(frozen=True, slots=True)
class Settings:
    secret_key: str = "sk_test_simulator"
    publishable_key: str = "pk_test_simulator"
    merchant_name: str = "Sahyadri Handmade"

    webhook_url: str = ""  # Empty: no webhooks.
    webhook_secrets: tuple[str, ...] = ("whsec_simulator",)  # Two during a rotation: two v1.
    enabled_events: tuple[str, ...] = USUAL_EVENTS

    session_life_seconds: int = 24 * 3600
    session_least_seconds: int = 30 * 60
    authorization_seconds: int = 7 * 86400
    key_life_seconds: int = 24 * 3600
    event_retention_seconds: int = 30 * 86400
    refund_seconds: float = 0.0  # From pending to succeeded; a card's refund succeeds at once.
    refund_turns_seconds: float = 5.0  # For the test card whose refunds are pending first.
    refund_fails_seconds: float = 3 * 86400.0  # For the test card whose refunds succeed, and then come back.
    debit_seconds: float = 4 * 86400.0  # Until a bank answers a debit.
    respond_seconds: float = 7 * 86400.0  # To a dispute that a magic card opened.
    dispute_fee: int = 1500
    dispute_seconds: float = 5.0  # From evidence with one of the test words to the bank's verdict.
    late_webhook_seconds: float = 60.0
    late_success_seconds: float = 30.0
    slow_seconds: float = 8.0

    @property
    def secrets(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the merchant knows: the fields for calls, and those for webhooks."""
        calls = {"secret_key": self.secret_key, "publishable_key": self.publishable_key}
        return calls, {"webhook_secrets": list(self.webhook_secrets)}
