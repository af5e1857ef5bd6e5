"""Settings of the simulated account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VERSION = "2026-10-28.endive"

# The endpoint's usual event types: one event for each happening.
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

    webhook_url: str = ""  # Empty: send no webhooks.
    # Two during a rotation: then the header has two v1 signatures.
    webhook_secrets: tuple[str, ...] = ("whsec_simulator",)
    enabled_events: tuple[str, ...] = USUAL_EVENTS

    session_life_seconds: int = 24 * 3600
    session_least_seconds: int = 30 * 60
    authorization_seconds: int = 7 * 86400
    key_life_seconds: int = 24 * 3600
    event_retention_seconds: int = 30 * 86400
    refund_seconds: float = 0.0  # From pending to succeeded; the refund of a card succeeds at once.
    refund_turns_seconds: float = 5.0  # For the test card whose refunds are pending first.
    refund_fails_seconds: float = 3 * 86400.0  # For the test card whose refunds succeed and then fail.
    debit_seconds: float = 4 * 86400.0  # Until a bank answers a debit.
    respond_seconds: float = 7 * 86400.0  # Time to answer a dispute that a test card opened.
    dispute_fee: int = 1500
    dispute_seconds: float = 5.0  # From evidence with one of the test texts to the bank's decision.
    late_webhook_seconds: float = 60.0
    late_success_seconds: float = 30.0
    slow_seconds: float = 8.0

    @property
    def secrets(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The merchant's credentials: the fields for calls, and those for webhooks."""
        calls = {"secret_key": self.secret_key, "publishable_key": self.publishable_key}
        return calls, {"webhook_secrets": list(self.webhook_secrets)}
