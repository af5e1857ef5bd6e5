"""A simulator of PhonePe's hosted checkout (Standard Checkout), version 2."""

PORT = 8101
