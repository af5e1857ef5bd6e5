"""The simulated merchant, and settings for what Square does in several ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    id: str
    name: str
    country: str
    currency: str


@dataclass(frozen=True, slots=True)
class Settings:
    access_token: str = "EAAAsimSquareAccessToken0000000001"
    application_id: str = "sandbox-sq0idb-simSquare00000000001"
    merchant_id: str = "MLSIM00000001"
    merchant_name: str = "Sahyadri Handmade"
    location_id: str = "LSIMWEB000001"  # The web shop's location, which is usually not the main one.
    country: str = "US"
    currency: str = "USD"
    main_location_id: str = "LSIMMAIN00001"

    webhook_url: str = ""  # Empty: send no webhooks. The signature covers it byte for byte.
    signature_key: str = "sim-square-signature-key"

    all_declines_are_400: bool = False  # Square's own samples show both 400 and 402 for a decline.
    shows_failed_payment: bool = True  # The answer of a decline has the failed payment beside the errors.
    list_lag_seconds: float = 0.0  # Lists are eventually consistent.
    bank_seconds: float = 4 * 86400.0  # A bank transfer takes days.
    refund_seconds: float = 5.0
    second_pay_after_seconds: float = 1.0
    late_webhook_seconds: float = 60.0
    late_success_seconds: float = 30.0
    slow_seconds: float = 8.0

    @property
    def secrets(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The merchant's credentials: the fields for calls, and those for webhooks."""
        calls = {
            "access_token": self.access_token,
            "application_id": self.application_id,
            "location_id": self.location_id,
        }
        return calls, {"webhook_signature_keys": [self.signature_key], "notification_url": self.webhook_url}

    @property
    def locations(self) -> tuple[Location, ...]:
        """All locations, the main one first."""
        return (
            Location(self.main_location_id, "Workshop", self.country, self.currency),
            Location(self.location_id, "Web shop", self.country, self.currency),
        )

    def location(self, location_id: str) -> Location | None:
        return next((location for location in self.locations if location.id == location_id), None)
