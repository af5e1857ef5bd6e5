"""PhonePe's countries, currencies and ways to pay."""

from payments.gateways.facts import CARD, NETBANKING, UPI, row

ROWS = (
    row("phonepe", "IN", "INR", (UPI, CARD, NETBANKING), "2025-01-01", "PhonePe PG v2: amounts are paise, INR only"),
)
