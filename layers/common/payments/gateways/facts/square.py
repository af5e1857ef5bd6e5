"""Facts about Square. Sources: docs/gateways/square.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from payments.gateways.facts import CARD, PRODUCTION, SANDBOX, SIMULATOR, WALLET, WEBHOOK, Field, Hosts, Minimums, row

_CURRENCIES = (("US", "USD"), ("CA", "CAD"), ("AU", "AUD"), ("GB", "GBP"), ("IE FR ES", "EUR"), ("JP", "JPY"))
_APPLICATION = {SIMULATOR: "sandbox-sq0idb-", SANDBOX: "sandbox-sq0idb-", PRODUCTION: "sq0idp-"}  # Prefix of its id.

ROWS = tuple(
    row("square", countries, currency, (CARD, WALLET), "2025-01-01", "Square: a location's own currency only")
    for countries, currency in _CURRENCIES
)
STEPS: Mapping[str, int] = {}
MINIMUMS = Minimums(
    {currency: 1 for _, currency in _CURRENCIES}, {}, date(2026, 11, 28),
    "Square developer documentation, Payment minimums: 0.01 of a card payment in each country, JPY 1",
)  # fmt: skip
HOSTS = {
    SANDBOX: Hosts("https://connect.squareupsandbox.com", r"https://sandbox\.square\.link/[!-~]*"),
    PRODUCTION: Hosts("https://connect.squareup.com", r"https://(?:square\.link|checkout\.square\.site)/[!-~]*"),
}
PUBLIC = ("application_id", "location_id")
ALIASES: tuple[str, ...] = ()


def fields_of(mode: str) -> tuple[Field, ...]:
    """An application id of the other mode shows that the access token is of the other mode as well."""
    begins = _APPLICATION[mode]
    form = f"begin with {begins} in GATEWAY_MODE {mode}, and the access token is of the same side"
    return (
        Field("access_token", r"[\w.~+/=-]{1,1024}", is_needed=True),
        Field("application_id", rf"{begins}[\w-]{{1,180}}", form),
        Field("location_id", r"[A-Za-z0-9]{1,50}", "be letters and digits", is_needed=True),
        Field("webhook_signature_keys", r"[\w.~+/=-]{1,255}", part=WEBHOOK, is_needed=True),
        Field(
            "notification_url", r"https?://[!-~]{1,500}", "be the webhook's address as registered", WEBHOOK,
            is_needed=True,
        ),
    )  # fmt: skip
