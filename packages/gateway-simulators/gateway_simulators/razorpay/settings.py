"""The simulated merchant, and settings for what Razorpay does in several ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MINUTE, DAY = 60, 86400


@dataclass(frozen=True, slots=True)
class Settings:
    key_id: str = "rzp_test_PavatiSim00001"
    key_secret: str = "sim-key-secret"
    webhook_secret: str = "sim-webhook-secret"
    account_id: str = "acc_PavatiSim00001"
    merchant_name: str = "Sahyadri Handmade"

    webhook_url: str = ""  # Empty: send no webhooks.
    webhook_events: tuple[str, ...] = (
        "payment.authorized", "payment.captured", "payment.failed", "order.paid",
        "refund.created", "refund.processed", "refund.failed", "qr_code.credited", "qr_code.closed",
        "payment.dispute.created", "payment.dispute.under_review", "payment.dispute.action_required",
        "payment.dispute.won", "payment.dispute.lost", "payment.dispute.closed",
    )  # fmt: skip  # The events that the merchant subscribed to at the dashboard.

    serves_s2s: bool = True  # An account that is not enabled gets "URL not found".
    captures_by_default: bool = True  # The account's setting, for orders that do not say.
    payer_bears_fee: bool = False  # True: the fee is added to what the payer pays.
    opening_balance: int | None = None  # None: enough for every refund.
    reused_key_status: int = 409  # Razorpay's documentation says 409 in one place and 400 in another.
    bank_timeout_seconds: float = 10 * MINUTE  # A payment without the bank's answer fails after this time.
    pending_outlasts_expiry: bool = True  # After act `wait`: some banks leave a payment `created` for a long time.
    pending_seconds: float = 5 * DAY  # Then such a payment fails.
    checkout_life_seconds: float = 10 * MINUTE
    default_authorization_seconds: float = 3 * DAY
    refund_seconds: float = 4.0  # From pending to processed.
    refund_window_seconds: float = 180 * DAY
    second_pay_after_seconds: float = 1.0
    late_webhook_seconds: float = 60.0
    late_success_seconds: float = 30.0
    slow_seconds: float = 8.0

    @property
    def secrets(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The merchant's credentials: the fields for calls, and those for webhooks."""
        calls = {"key_id": self.key_id, "key_secret": self.key_secret, "name": self.merchant_name}
        return calls, {"webhook_secrets": [self.webhook_secret]}
