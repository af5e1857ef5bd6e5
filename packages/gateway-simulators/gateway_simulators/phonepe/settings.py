"""The simulated merchants, and settings for what PhonePe does in several ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from gateway_simulators.kit.gateway import MAIN

SHA256 = "sha256"
HMAC = "hmac"
SECOND = "second"  # The account of the second merchant.


class Merchant(NamedTuple):
    """A merchant has keys, orders and a webhook address of its own."""

    id: str
    client_id: str
    client_secret: str
    webhook_url: str
    webhook_user: str
    webhook_password: str


@dataclass(frozen=True, slots=True)
class Settings:
    client_id: str = "PAVATISIM"
    client_secret: str = "sim-client-secret"
    client_version: str = "1"
    merchant_id: str = "MSIM0001"
    merchant_name: str = "Sahyadri Handmade"

    webhook_url: str = ""  # Empty: send no webhooks.
    webhook_auth: str = SHA256
    webhook_user: str = "sim_user"
    webhook_password: str = "simPass123"
    hmac_secret: str = "sim-hmac-secret"
    hmac_key_id: str = "sim-key-1"
    hmac_signature_header: str = "x-phonepe-checksum-signature"  # Also seen without the "x-".
    webhook_has_type: bool = True

    token_life_seconds: int = 3600
    default_expire_after_seconds: int = 1200
    refund_step_seconds: float = 2.0  # From PENDING to CONFIRMED, and again to COMPLETED.
    refund_window_seconds: int = 90 * 86400
    pending_outlasts_expiry: bool = True  # Assumed: a debit in progress is not cut off when the order expires.
    pending_seconds: float = 5 * 86400.0  # Assumed: the longest time that a bank leaves a debit without an answer.
    second_pay_after_seconds: float = 1.0
    late_webhook_seconds: float = 60.0
    late_success_seconds: float = 30.0
    slow_seconds: float = 8.0

    id_suffixes: tuple[str, ...] = ("", "V", "W", "BW")  # Old ids end in a digit, newer ones in letters.
    shows_newer_fields: bool = True  # merchantId, merchantOrderId, currency
    flat_refund_status: bool = False  # The form in the documents, instead of that in the SDKs.

    @property
    def secrets(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The merchant's credentials: the fields for calls, and those for webhooks."""
        calls = {"client_id": self.client_id, "client_version": self.client_version}
        calls |= {"client_secret": self.client_secret, "merchant_id": self.merchant_id}
        logins = [f"{self.webhook_user}:{self.webhook_password}"]
        return calls, {"webhook_logins": logins, "webhook_secrets": [self.hmac_secret]}

    @property
    def merchants(self) -> Mapping[str, Merchant]:
        """All merchants by account. The fields above are those of the main one."""
        user, password = self.webhook_user, self.webhook_password
        second_url = f"{self.webhook_url}/{SECOND}" if self.webhook_url else ""
        return {
            MAIN: Merchant(self.merchant_id, self.client_id, self.client_secret, self.webhook_url, user, password),
            SECOND: Merchant("MSIM0002", "PAVATISIM2", "second-secret", second_url, "second_user", "secondPass123"),
        }

    def as_merchant(self, account: str) -> Settings:
        """A copy with the fields of another account's merchant."""
        its = self.merchants[account]
        return replace(
            self,
            merchant_id=its.id,
            client_id=its.client_id,
            client_secret=its.client_secret,
            webhook_url=its.webhook_url,
            webhook_user=its.webhook_user,
            webhook_password=its.webhook_password,
        )

    def merchant(self, merchant_id: str) -> Merchant:
        return next(merchant for merchant in self.merchants.values() if merchant.id == merchant_id)
