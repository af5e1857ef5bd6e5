"""Facts about PhonePe. Sources: docs/gateways/phonepe.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from payments.gateways.facts import (
    ANY_KEY,
    CARD,
    NETBANKING,
    PRODUCTION,
    SANDBOX,
    SIMULATOR,
    UPI,
    WEBHOOK,
    Field,
    Hosts,
    Minimums,
    row,
)

_PAGE = r"https://(?:[a-z0-9-]+\.)+phonepe\.com/[!-~]*"
_TEST_PATH = "/apis/pg-sandbox"

ROWS = (
    row("phonepe", "IN", "INR", (UPI, CARD, NETBANKING), "2025-01-01", "PhonePe PG v2: amounts are paise, INR only"),
)
STEPS: Mapping[str, int] = {}
MINIMUMS = Minimums(
    {"INR": 100}, {"INR": 100}, date(2026, 11, 28),
    "PhonePe PG v2, Create Payment and Refund: 100 paise; its PHP page says 1 for refunds, the others 100",
)  # fmt: skip
HOSTS = {
    SANDBOX: Hosts("https://api-preprod.phonepe.com", _PAGE),
    PRODUCTION: Hosts("https://api.phonepe.com", _PAGE),
}
PATHS = {  # mode: (payment APIs, OAuth)
    SIMULATOR: (_TEST_PATH, _TEST_PATH),
    SANDBOX: (_TEST_PATH, _TEST_PATH),
    PRODUCTION: ("/apis/pg", "/apis/identity-manager"),
}
PUBLIC: tuple[str, ...] = ()
ALIASES: tuple[str, ...] = ()
SHA256, HMAC = "sha256", "hmac"  # The two kinds of webhook proof.


def fields_of(mode: str) -> tuple[Field, ...]:
    """The same in all modes. `webhook_auth` decides whether logins or webhook secrets are needed."""
    return (
        Field("client_id", r"[\w-]{1,100}", "be letters, digits, _ and -", is_needed=True),
        Field("client_version", r"[0-9]{1,9}", "be a whole number in double quotes"),
        Field("client_secret", ANY_KEY, is_needed=True),
        Field("merchant_id", r"[\w-]{1,63}", "be letters, digits, _ and -"),
        Field("webhook_auth", f"{SHA256}|{HMAC}", f"be {SHA256} or {HMAC}, as chosen on the dashboard", WEBHOOK),
        # A login without user or password could be guessed, so it is refused.
        Field("webhook_logins", r"\w{1,64}:[!#-&(-_a-~]{1,64}", "be user:password as on the dashboard", WEBHOOK),
        Field("webhook_secrets", ANY_KEY, part=WEBHOOK),
        Field("signature_header", r"[A-Za-z0-9-]{1,100}", "be the name of a header", WEBHOOK),
    )
