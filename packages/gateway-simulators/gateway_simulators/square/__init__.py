"""A local stand-in for Square: payments, refunds and payment links, written from its published interface."""

PORT = 8105
