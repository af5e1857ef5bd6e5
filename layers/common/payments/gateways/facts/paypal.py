"""Facts about PayPal. Sources: docs/gateways/paypal.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from payments.gateways.facts import CARD, PAYPAL, PRODUCTION, SANDBOX, WEBHOOK, Field, Hosts, Minimums, row

_COUNTRIES = "AU CA DE ES FR GB IE IN IT JP NL SG US"
_CURRENCIES = "AUD CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD USD"
_WHOLE = {"HUF": 100, "JPY": 1, "TWD": 100}

ROWS = (
    row(
        "paypal", _COUNTRIES, _CURRENCIES, (PAYPAL, CARD), "2021-04-01",
        "PayPal currency codes; no INR, and no domestic payments in India since April 2021",
    ),
)  # fmt: skip
STEPS: Mapping[str, int] = {"HUF": 100, "TWD": 100}  # PayPal currency codes: no decimals of these.
MINIMUMS = Minimums(
    _WHOLE, _WHOLE, date(2026, 11, 28),
    "PayPal currency codes: no decimals of HUF, JPY and TWD, so one whole unit; no other minimum is published",
)  # fmt: skip
HOSTS = {
    SANDBOX: Hosts("https://api-m.sandbox.paypal.com", r"https://www\.sandbox\.paypal\.com/[!-~]*"),
    PRODUCTION: Hosts("https://api-m.paypal.com", r"https://www\.paypal\.com/[!-~]*"),
}
OLDER_NAMES = {  # Older host names of the API, which certificate URLs may still have.
    "https://api-m.sandbox.paypal.com": "https://api.sandbox.paypal.com",
    "https://api-m.paypal.com": "https://api.paypal.com",
}
PUBLIC = ("client_id",)
ALIASES: tuple[str, ...] = ()


def fields_of(mode: str) -> tuple[Field, ...]:
    """The same in all modes. A webhook needs one id, in `webhook_id` or `webhook_ids`."""
    return (
        Field("client_id", r"[\w-]{1,255}", "be letters, digits, _ and -", is_needed=True),
        Field("client_secret", r"[\w-]{1,255}", "be letters, digits, _ and -", is_needed=True),
        Field("webhook_id", r"[A-Za-z0-9]{1,50}", "be letters and digits", WEBHOOK),
        Field("webhook_ids", r"[A-Za-z0-9]{1,50}", "be letters and digits", WEBHOOK),
        Field("merchant_id", r"[A-Z0-9]{13}", "be 13 capital letters and digits"),
    )
