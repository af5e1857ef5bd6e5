"""A simulator of Razorpay's Orders API and Standard Checkout, version 1."""

PORT = 8102
