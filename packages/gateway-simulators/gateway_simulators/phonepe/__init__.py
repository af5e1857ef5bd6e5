"""A stand-in for PhonePe's hosted checkout, version 2."""

PORT = 8101
