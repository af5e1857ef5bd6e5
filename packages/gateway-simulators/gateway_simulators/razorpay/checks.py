"""Checks of Razorpay's requests. A null counts as absent."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from gateway_simulators.razorpay.errors import bad_request, not_wanted


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LEAST_INR = 100
CAPTURE_MINUTES = (12, 7200)
_THREE_DECIMALS = words("BHD IQD JOD KWD OMR TND")
_CURRENCY = re.compile("[A-Z]{3}")
_KEY = re.compile(r"[A-Za-z0-9_-]{10,}")
_RECEIPT_LENGTH = 40
ORDER_FIELDS = words(
    "amount currency receipt notes partial_payment first_payment_min_amount payment payment_capture checkout_config_id "
    "offers customer_id method bank_account token notification transfers"
)
REFUND_FIELDS = words("amount speed notes receipt")
QR_FIELDS = words("type name usage fixed_amount payment_amount description customer_id close_by notes tax_invoice")


def only(body: dict[str, Any], allowed: Collection[str]) -> dict[str, Any]:
    unknown = sorted(name for name in body if name not in allowed)
    if unknown:
        raise not_wanted(unknown)
    return {name: value for name, value in body.items() if value is not None}


def read_amount(body: dict[str, Any], currency: str, name: str = "amount") -> int:
    value = body.get(name)
    if value is None:
        raise bad_request(f"The {name.replace('_', ' ')} field is required.", field=name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad_request(f"The {name.replace('_', ' ')} must be an integer.", field=name)
    if value < (LEAST_INR if currency == "INR" else 1):
        raise bad_request("The amount must be at least INR 1.00", field=name, reason="amount_less_than_minimum_amount")
    if currency in _THREE_DECIMALS and value % 10:
        raise bad_request("The last digit of a three-decimal amount must be 0.", field=name)
    return value


def read_currency(body: dict[str, Any]) -> str:
    value = body.get("currency")
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise bad_request("The currency field is required.", field="currency", reason="invalid_currency")
    return value


def read_receipt(body: dict[str, Any]) -> str | None:
    value = body.get("receipt")
    if value is not None and (not isinstance(value, str) or len(value) > _RECEIPT_LENGTH):
        raise bad_request(f"The receipt may not be greater than {_RECEIPT_LENGTH} characters.", field="receipt")
    return value


def read_notes(body: dict[str, Any]) -> dict[str, str]:
    notes = body.get("notes")
    if notes in (None, []):
        return {}
    if not isinstance(notes, dict) or len(notes) > 15:
        raise bad_request("notes must be an object of at most 15 pairs", field="notes")
    if any(len(str(text)) > 256 for pair in notes.items() for text in pair):
        raise bad_request("A note may not be greater than 256 characters", field="notes")
    return {str(name): str(text) for name, text in notes.items()}


def read_capture(body: dict[str, Any], *, by_default: bool, authorization_seconds: float) -> tuple[float, float]:
    """How long after its creation a payment is captured automatically, and when an uncaptured one is refunded."""
    payment = body.get("payment")
    if payment is None:
        legacy = body.get("payment_capture", by_default)
        return (authorization_seconds if legacy in (1, True, "1", "true") else 0.0), authorization_seconds
    if not isinstance(payment, dict) or payment.get("capture") not in ("automatic", "manual"):
        raise bad_request("payment.capture must be automatic or manual", field="payment.capture")
    return _read_options(payment, payment["capture"] == "automatic", authorization_seconds)


def _read_options(payment: dict[str, Any], is_automatic: bool, authorization_seconds: float) -> tuple[float, float]:
    options = payment.get("capture_options")
    if options is None:
        return (authorization_seconds if is_automatic else 0.0), authorization_seconds
    least, most = CAPTURE_MINUTES
    automatic = options.get("automatic_expiry_period", least if not is_automatic else None)
    manual = options.get("manual_expiry_period", most)
    if not all(isinstance(minutes, int) and least <= minutes <= most for minutes in (automatic, manual)):
        raise bad_request(f"The expiry periods must be {least} to {most} minutes", field="payment.capture_options")
    if manual < automatic:
        raise bad_request("manual_expiry_period must not be before automatic_expiry_period")
    if options.get("refund_speed") not in ("normal", "optimum"):
        raise bad_request("The refund speed field is required.", field="payment.capture_options.refund_speed")
    return (automatic * 60.0 if is_automatic else 0.0), manual * 60.0


def read_key(key: str | None) -> str:
    if key and not _KEY.fullmatch(key):
        raise bad_request("The idempotency key must be at least 10 characters of A-Z a-z 0-9 _ -")
    return key or ""
