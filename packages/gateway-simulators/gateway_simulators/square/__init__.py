"""A simulator of Square: payments, refunds, payment links and disputes, written from its published API definition."""

PORT = 8105
