"""PayPal as a local stand-in: orders, payments, webhooks with a certificate of its own, and the approval page."""

PORT = 8103
