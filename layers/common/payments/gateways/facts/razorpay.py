"""Facts about Razorpay. Sources: docs/gateways/razorpay.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from payments.gateways.facts import (
    ANY_KEY,
    CARD,
    CHOSEN,
    EMI,
    NETBANKING,
    PRODUCTION,
    SANDBOX,
    UPI,
    WALLET,
    WEBHOOK,
    Field,
    Hosts,
    Minimums,
    row,
)

_FOREIGN = "AED AUD CAD EUR GBP JPY SGD USD"
_IMAGE = r"https://(?:rzp\.io|(?:[a-z0-9-]+\.)*razorpay\.com)/[!-~]*"  # A QR code's image: the only URL we hand on.
_HOST = Hosts("https://api.razorpay.com", _IMAGE)  # The key selects test or live.

ROWS = (
    row(
        "razorpay", "IN", "INR", (UPI, CARD, NETBANKING, WALLET, EMI), "2025-01-01",
        "Razorpay orders: domestic methods and EMI are in INR",
    ),
    row(
        "razorpay", "IN", _FOREIGN, (CARD,), "2025-01-01",
        "Razorpay: international cards, where the account has them enabled",
    ),
)  # fmt: skip
STEPS: Mapping[str, int] = {}
MINIMUMS = Minimums(
    {"INR": 100}, {"INR": 100}, date(2026, 11, 28),
    "Razorpay Orders and Refunds API: INR 1.00; nothing is published for other currencies",
)  # fmt: skip
HOSTS = {SANDBOX: _HOST, PRODUCTION: _HOST}
SCRIPT = "https://checkout.razorpay.com/v1/checkout.js"
PUBLIC = ("key_id",)
ALIASES = ("rzp",)  # Razorpay refuses a webhook URL that contains its name.
CHECKOUT, INTENT, QR = UPI_FLOWS = ("checkout", "intent", "qr")
SPEEDS = ("normal", "optimum")  # Refund speeds.


def fields_of(mode: str) -> tuple[Field, ...]:
    beginning = "rzp_live_" if mode == PRODUCTION else "rzp_test_"
    return (
        Field("key_id", rf"{beginning}\w{{1,100}}", f"begin with {beginning} in GATEWAY_MODE {mode}", is_needed=True),
        Field("key_secret", ANY_KEY, is_needed=True),
        Field("webhook_secrets", CHOSEN, "be the secret as the dashboard has it", WEBHOOK, is_needed=True),
        Field("upi_flow", "|".join(UPI_FLOWS), f"be one of {', '.join(UPI_FLOWS)}"),
        Field("name", CHOSEN, "be one line"),
        Field("speed", "|".join(SPEEDS), f"be one of {', '.join(SPEEDS)}"),
    )
