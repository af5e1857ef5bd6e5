"""A simulator of Stripe: PaymentIntents, Checkout, refunds, disputes, events."""

PORT = 8104
