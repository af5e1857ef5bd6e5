"""Stand-ins for the gateways: they run on this machine and never ship."""

# In the order of their ports.
GATEWAYS = (
    "phonepe",
    "razorpay",
    "paypal",
    "stripe",
    "square",
)
