"""Facts about Stripe. Sources: docs/gateways/stripe.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from payments.gateways.facts import CARD, PRODUCTION, SANDBOX, WALLET, WEBHOOK, Field, Hosts, Minimums, row

_COUNTRIES = "AU CA DE ES FR GB IE IT JP NL SG US"
_CURRENCIES = "AED AUD CAD CHF DKK EUR GBP HKD INR JPY NOK NZD PLN SEK SGD USD"
_HOST = Hosts("https://api.stripe.com", r"https://(?:[a-z0-9-]+\.)+stripe\.com/[!-~]*")  # The key selects test or live.
# Stripe documentation, Statement descriptors: prefix and suffix together have at most 22 characters.
_SUFFIX = r"(?=.*[A-Za-z])[^<>\\'\"*\x00-\x1f\x7f-\U0010ffff]{1,22}"
_SUFFIX_FORM = "be 1 to 22 ASCII characters with a letter among them, none of them < > \\ ' \" *"

ROWS = (
    row("stripe", _COUNTRIES, _CURRENCIES, (CARD, WALLET), "2025-01-01", "Stripe presentment currencies"),
    row("stripe", "IN", "INR USD EUR GBP", (CARD,), "2025-01-01", "Stripe India: accounts by invitation"),
)
STEPS: Mapping[str, int] = {}
MINIMUMS = Minimums(
    {
        "AED": 200, "ARS": 50, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 50, "CZK": 1500, "DKK": 250,
        "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17500, "IDR": 50, "ILS": 50, "INR": 50, "JPY": 50, "KRW": 50,
        "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PHP": 50, "PLN": 200, "RON": 200, "RUB": 50, "SEK": 300,
        "SGD": 50, "THB": 1000, "USD": 50, "ZAR": 50,
    },
    {}, date(2026, 11, 28), "Stripe documentation, Supported currencies: minimum charge amounts",
)  # fmt: skip
HOSTS = {SANDBOX: _HOST, PRODUCTION: _HOST}
PUBLIC = ("publishable_key",)
ALIASES: tuple[str, ...] = ()


def fields_of(mode: str) -> tuple[Field, ...]:
    side, there = "live" if mode == PRODUCTION else "test", f"in GATEWAY_MODE {mode}"
    key = f"begin with sk_{side}_ or rk_{side}_ {there}"
    return (
        Field("secret_key", rf"[sr]k_{side}_\w{{1,250}}", key, is_needed=True),
        Field("publishable_key", rf"pk_{side}_\w{{1,250}}", f"begin with pk_{side}_ {there}"),
        Field("webhook_secrets", r"whsec_[\w+/=]{1,250}", "begin with whsec_", WEBHOOK, is_needed=True),
        Field("statement_descriptor_suffix", _SUFFIX, _SUFFIX_FORM),
    )
