"""Checks of PayPal's requests. They also refuse, unlike PayPal, every field that the simulator does not know."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gateway_simulators.paypal.errors import refusal
from gateway_simulators.paypal.money import read_amount

_ORDER = {"intent", "purchase_units", "payment_source", "processing_instruction", "payer", "application_context"}
_UNIT = {
    "reference_id", "amount", "payee", "payment_instruction", "description", "custom_id", "invoice_id",
    "soft_descriptor", "items", "shipping", "supplementary_data",
}  # fmt: skip
_WALLET = {
    "experience_context", "billing_agreement_id", "vault_id", "email_address", "name", "phone", "birth_date",
    "tax_info", "address", "attributes", "stored_credential",
}  # fmt: skip
_CONTEXT = {
    "brand_name", "locale", "shipping_preference", "contact_preference", "return_url", "cancel_url",
    "app_switch_context", "landing_page", "user_action", "payment_method_preference", "order_update_callback_config",
}  # fmt: skip
_WORDS = {
    "landing_page": ("LOGIN", "GUEST_CHECKOUT", "NO_PREFERENCE", "BILLING"),
    "shipping_preference": ("GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"),
    "user_action": ("CONTINUE", "PAY_NOW"),
    "payment_method_preference": ("UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED"),
}
_LENGTHS = {
    "reference_id": 256, "description": 127, "custom_id": 255, "invoice_id": 127, "soft_descriptor": 22,
    "note_to_payer": 255, "brand_name": 127, "note": 2000,
}  # fmt: skip
_REFUND_CUSTOM_ID = 127
_CLAIM_TYPES = ("REFUND", "REFUND_WITH_RETURN", "PARTIAL_REFUND", "REFUND_WITH_RETURN_SHIPMENT_LABEL")
_SOURCES = {
    "paypal", "card", "token", "apple_pay", "google_pay", "venmo", "bancontact", "blik", "eps", "giropay", "ideal",
    "mybank", "p24", "sofort", "trustly", "crypto", "bank",
}  # fmt: skip
REQUEST_ID = re.compile(r".{1,108}")


@dataclass(frozen=True, slots=True)
class OrderRequest:
    intent: str
    amount: int
    currency: str
    reference_id: str
    custom_id: str
    invoice_id: str
    description: str
    is_wallet: bool
    return_url: str
    cancel_url: str
    wants_money_at_once: bool


def read_order(body: dict[str, Any]) -> OrderRequest:
    _known(body, _ORDER, "")
    intent = _code(body, "intent", ("CAPTURE", "AUTHORIZE"), "/intent", is_required=True)
    unit = _one_unit(body)
    amount, currency = read_amount(unit.get("amount"), "/purchase_units/@reference_id=='default'/amount")
    wallet, context = _wallet(body)
    return OrderRequest(
        intent=intent,
        amount=amount,
        currency=currency,
        reference_id=_text(unit, "reference_id") or "default",
        custom_id=_text(unit, "custom_id"),
        invoice_id=_text(unit, "invoice_id"),
        description=_text(unit, "description"),
        is_wallet=wallet is not None,
        return_url=_address(context, "return_url"),
        cancel_url=_address(context, "cancel_url"),
        wants_money_at_once=context.get("payment_method_preference") == "IMMEDIATE_PAYMENT_REQUIRED",
    )


def _one_unit(body: dict[str, Any]) -> dict[str, Any]:
    units = body.get("purchase_units")
    if units is None:
        raise refusal("MISSING_REQUIRED_PARAMETER", "/purchase_units")
    if not isinstance(units, list) or not units or not isinstance(units[0], dict):
        raise refusal("INVALID_ARRAY_MIN_ITEMS", "/purchase_units")
    if len(units) > 1:  # PayPal accepts ten; the simulator only one.
        raise refusal("INVALID_ARRAY_MAX_ITEMS", "/purchase_units")
    unit: dict[str, Any] = units[0]
    _known(unit, _UNIT, "/purchase_units/0")
    _text(unit, "soft_descriptor")
    return unit


def _wallet(body: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    source = _object(body, "payment_source", "/payment_source") or {}
    _known(source, _SOURCES, "/payment_source")
    if set(source) - {"paypal"}:
        raise refusal("NOT_ENABLED_FOR_CARD_PROCESSING", "/payment_source")
    wallet = _object(source, "paypal", "/payment_source/paypal")
    old = _object(body, "application_context", "/application_context") or {}
    if wallet is None:
        return None, old
    _known(wallet, _WALLET, "/payment_source/paypal")
    field = "/payment_source/paypal/experience_context"
    context = _object(wallet, "experience_context", field) or {}
    _known(context, _CONTEXT, field)
    _text(context, "brand_name")
    for name, words in _WORDS.items():
        _code(context, name, words, f"{field}/{name}")
    return wallet, context


def read_capture(body: dict[str, Any], currency: str) -> tuple[int | None, bool, str]:
    """Read the capture of an authorization: amount (None: all of it), whether it is the final one, and its invoice
    id.
    """
    known = {"amount", "final_capture", "invoice_id", "note_to_payer", "soft_descriptor", "payment_instruction"}
    _known(body, known, "")
    final = body.get("final_capture", False)
    if not isinstance(final, bool):
        raise refusal("INVALID_PARAMETER_SYNTAX", "/final_capture", str(final))
    _text(body, "note_to_payer"), _text(body, "soft_descriptor")
    amount = body.get("amount")
    minor = None if amount is None else read_amount(amount, "/amount", currency, "AUTH_CAPTURE_CURRENCY_MISMATCH")[0]
    return minor, final, _text(body, "invoice_id")


def read_refund(body: dict[str, Any], currency: str) -> tuple[int | None, str, str, str]:
    """Amount in minor units (None: all that is left), custom_id, invoice_id, note."""
    _known(body, {"amount", "custom_id", "invoice_id", "note_to_payer", "payment_instruction"}, "")
    amount = body.get("amount")
    minor = None if amount is None else read_amount(amount, "/amount", currency, "REFUND_CAPTURE_CURRENCY_MISMATCH")[0]
    custom_id = _text(body, "custom_id")
    if len(custom_id) > _REFUND_CUSTOM_ID:
        raise refusal("INVALID_STRING_MAX_LENGTH", "/custom_id")
    return minor, custom_id, _text(body, "invoice_id"), _text(body, "note_to_payer")


def read_acceptance(body: dict[str, Any]) -> None:
    """Read the acceptance of a claim. Assumed: the note is required; PayPal's published collection sends one."""
    _known(body, {"note", "accept_claim_type", "accept_claim_reason", "invoice_id", "return_shipping_address"}, "")
    if not _text(body, "note"):
        raise refusal("MISSING_REQUIRED_PARAMETER", "/note")
    _code(body, "accept_claim_type", _CLAIM_TYPES, "/accept_claim_type")


def read_nothing(body: dict[str, Any], known: Collection[str] = ()) -> None:
    _known(body, set(known), "")


def _known(values: dict[str, Any], known: set[str], field: str) -> None:
    for name in sorted(set(values) - known):
        raise refusal("INVALID_PARAMETER_SYNTAX", f"{field}/{name}")


def _code(values: dict[str, Any], name: str, words: tuple[str, ...], field: str, *, is_required: bool = False) -> str:
    value = values.get(name)
    if value is None and is_required:
        raise refusal("MISSING_REQUIRED_PARAMETER", field)
    if value is not None and value not in words:
        raise refusal("INVALID_PARAMETER_VALUE", field, str(value))
    return value or ""


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refusal("INVALID_PARAMETER_SYNTAX", f"/{name}", str(value))
    if not 1 <= len(value) <= _LENGTHS[name]:
        raise refusal("INVALID_STRING_LENGTH" if not value else "INVALID_STRING_MAX_LENGTH", f"/{name}")
    return value


def _address(context: dict[str, Any], name: str) -> str:
    url = context.get(name)
    if url is None:
        return ""
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise refusal("INVALID_PARAMETER_SYNTAX", f"/payment_source/paypal/experience_context/{name}", str(url))
    return str(url)


def _object(values: dict[str, Any], name: str, field: str) -> dict[str, Any] | None:
    value = values.get(name)
    if value is not None and not isinstance(value, dict):
        raise refusal("INVALID_PARAMETER_SYNTAX", field)
    return value
