"""A stand-in for Stripe: PaymentIntents, hosted Checkout, refunds, events."""
