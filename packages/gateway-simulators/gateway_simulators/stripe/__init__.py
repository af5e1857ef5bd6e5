"""A stand-in for Stripe: PaymentIntents, hosted Checkout, refunds, events."""

PORT = 8104
