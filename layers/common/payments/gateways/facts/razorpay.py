"""Razorpay's countries, currencies and ways to pay."""

from payments.gateways.facts import CARD, EMI, NETBANKING, UPI, WALLET, row

_FOREIGN = "AED AUD CAD EUR GBP JPY SGD USD"

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
