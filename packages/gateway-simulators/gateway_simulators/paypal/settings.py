"""The simulated merchant, and settings for PayPal's time limits and variants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HOUR, DAY = 3600, 86400


@dataclass(frozen=True, slots=True)
class Settings:
    client_id: str = "PAVATISIMPAYPAL"
    client_secret: str = "sim-paypal-secret"
    merchant_id: str = "PAVATISIM0001"
    merchant_name: str = "Sahyadri Handmade"

    origin: str = "http://127.0.0.1:8103"  # Of the links, and of the certificate's address.
    webhook_url: str = ""  # Empty: send no webhooks.
    webhook_id: str = "5SIM000000000000W"

    token_life_seconds: int = 32_400
    approve_within_seconds: int = 6 * HOUR
    capture_within_seconds: int = 3 * HOUR  # After the approval.
    orders_replay_seconds: int = 6 * HOUR
    payments_replay_seconds: int = 45 * DAY
    disputes_replay_seconds: int = 72 * HOUR
    remembers_refusals: bool = True  # Under their PayPal-Request-Id. Assumed: the documents do not say it about errors.
    honor_seconds: int = 3 * DAY
    pays_after_honor_period: bool = True
    authorization_seconds: int = 29 * DAY
    void_seconds: int = 30 * DAY
    reauthorize_from_seconds: int = 4 * DAY
    refund_window_seconds: int = 180 * DAY
    refund_step_seconds: float = 2.0  # From PENDING to COMPLETED; 0: at once.
    takes_disputed_money_at_once: bool = False  # False: only once the merchant has lost. The documents leave it open.
    echoes_in_disputes: bool = False  # True: the order's custom_id is in a dispute as `custom` of the transaction.
    late_success_seconds: float = 30.0
    late_webhook_seconds: float = 60.0
    slow_seconds: float = 8.0

    @property
    def secrets(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The merchant's credentials: the fields for calls, and those for webhooks."""
        calls = {"client_id": self.client_id, "client_secret": self.client_secret, "merchant_id": self.merchant_id}
        return calls, {"webhook_id": self.webhook_id}
