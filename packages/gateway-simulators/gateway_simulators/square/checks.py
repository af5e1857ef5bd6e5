"""Checks of Square's requests: unknown fields, wrong types and wrong lengths are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gateway_simulators.square.errors import bad_request
from gateway_simulators.square.settings import Location, Settings

AMOUNT_MAX = 10**13
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(frozen=True, slots=True)
class Text:
    longest: int
    shortest: int = 0


@dataclass(frozen=True, slots=True)
class Many:
    """A list of objects."""

    of: dict[str, Any]


class Flag: ...


class Whole: ...


class Anything:
    """A known field whose content is not checked."""


KEY, ID, FLAG, WHOLE, ANYTHING = Text(45, 1), Text(255), Flag(), Whole(), Anything()
MONEY = {"amount": WHOLE, "currency": Text(3, 3)}
CREATE_PAYMENT = {
    "source_id": Text(16384, 1), "idempotency_key": KEY, "amount_money": MONEY, "tip_money": MONEY,
    "app_fee_money": MONEY, "delay_duration": Text(30), "delay_action": Text(10), "autocomplete": FLAG,
    "order_id": ID, "customer_id": ID, "location_id": Text(50), "team_member_id": ID, "reference_id": Text(40),
    "verification_token": Text(16384), "accept_partial_authorization": FLAG, "buyer_email_address": Text(255),
    "buyer_phone_number": Text(17), "billing_address": ANYTHING, "shipping_address": ANYTHING, "note": Text(500),
    "statement_description_identifier": Text(20), "cash_details": ANYTHING, "external_details": ANYTHING,
    "customer_details": {"customer_initiated": FLAG, "seller_keyed_in": FLAG},
}  # fmt: skip
UPDATE_PAYMENT = {
    "idempotency_key": KEY,
    "payment": {"amount_money": MONEY, "tip_money": MONEY, "version_token": ID},
}
COMPLETE_PAYMENT = {"version_token": ID}
CANCEL_BY_KEY = {"idempotency_key": KEY}
CREATE_REFUND = {
    "idempotency_key": KEY, "amount_money": MONEY, "payment_id": ID, "reason": Text(192),
    "payment_version_token": ID, "app_fee_money": MONEY, "destination_id": ID, "unlinked": FLAG,
    "location_id": Text(50), "customer_id": ID, "team_member_id": Text(192),
}  # fmt: skip
_ITEM = {
    "name": Text(512), "quantity": Text(12, 1), "base_price_money": MONEY, "note": Text(2000), "uid": Text(60),
    "metadata": ANYTHING, "item_type": Text(30), "variation_name": Text(400),
}  # fmt: skip
_METHODS = {"apple_pay": FLAG, "google_pay": FLAG, "cash_app_pay": FLAG, "afterpay_clearpay": FLAG}
CREATE_LINK = {
    "idempotency_key": Text(192),
    "description": Text(4096),
    "quick_pay": {"name": Text(255, 1), "price_money": MONEY, "location_id": Text(50, 1)},
    "order": {
        "location_id": Text(50, 1), "reference_id": Text(40), "line_items": Many(_ITEM), "metadata": ANYTHING,
        "customer_id": ID, "ticket_name": Text(30),
    },
    "checkout_options": {
        "allow_tipping": FLAG, "redirect_url": Text(2048), "merchant_support_email": Text(256),
        "ask_for_shipping_address": FLAG, "accepted_payment_methods": _METHODS, "custom_fields": ANYTHING,
        "app_fee_money": MONEY, "shipping_fee": ANYTHING, "enable_coupon": FLAG, "enable_loyalty": FLAG,
        "subscription_plan_id": ID,
    },
    "pre_populated_data": {"buyer_email": Text(256), "buyer_phone_number": Text(17), "buyer_address": ANYTHING},
    "payment_note": Text(500),
}  # fmt: skip
NO_BODY: dict[str, Any] = {}


def checked(body: dict[str, Any] | None, form: dict[str, Any], *needed: str) -> dict[str, Any]:
    if body is None:
        raise bad_request("BAD_REQUEST", "The request body is not a JSON object.")
    _check_object(body, form, "")
    for name in needed:
        if body.get(name) is None:
            raise bad_request("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", name)
    return body


def _check_object(body: dict[str, Any], form: dict[str, Any], path: str) -> None:
    for name, value in body.items():
        if name not in form:
            raise bad_request("UNKNOWN_BODY_PARAMETER", f"Unknown parameter {path}{name}.", f"{path}{name}")
        if value is not None:
            _check(value, form[name], f"{path}{name}")


def _check(value: object, kind: object, path: str) -> None:
    match kind:
        case Text():
            _check_text(value, kind, path)
        case Flag():
            _require(isinstance(value, bool), "EXPECTED_BOOLEAN", path)
        case Whole():
            _require(isinstance(value, int) and not isinstance(value, bool), "EXPECTED_INTEGER", path)
        case dict():
            _require(isinstance(value, dict), "EXPECTED_OBJECT", path)
            _check_object(value, kind, f"{path}.")  # type: ignore[arg-type]
        case Many():
            _require(isinstance(value, list), "EXPECTED_ARRAY", path)
            for number, each in enumerate(value):  # type: ignore[arg-type, var-annotated]
                _check(each, kind.of, f"{path}[{number}]")


def _check_text(value: object, kind: Text, path: str) -> None:
    if not isinstance(value, str):
        raise bad_request("EXPECTED_STRING", "Expected a string.", path)
    if len(value) > kind.longest:
        raise bad_request("VALUE_TOO_LONG", f"Field must not be longer than {kind.longest}.", path)
    if len(value) < kind.shortest:
        raise bad_request("VALUE_TOO_SHORT" if value else "VALUE_EMPTY", "Field is too short.", path)


def _require(is_right: bool, code: str, path: str) -> None:
    if not is_right:
        raise bad_request(code, "The value has the wrong type.", path)


def read_location(settings: Settings, location_id: str | None) -> Location:
    location = settings.location(location_id or settings.main_location_id)
    if location is None:
        raise bad_request("INVALID_LOCATION", "The location is not this merchant's.", "location_id")
    return location


def read_amount(money: dict[str, Any], location: Location, field: str = "amount_money") -> int:
    if money.get("amount") is None or money.get("currency") is None:
        raise bad_request("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field)
    if money["currency"] != location.currency:
        message = f"The location takes {location.currency} only."
        raise bad_request("INVALID_VALUE", message, f"{field}.currency")
    if not 0 < money["amount"] <= AMOUNT_MAX:
        code = "VALUE_TOO_LOW" if money["amount"] <= 0 else "VALUE_TOO_HIGH"
        raise bad_request(code, "The amount is out of range.", f"{field}.amount")
    return int(money["amount"])


def read_delay(text: str | None, usual: float) -> float:
    found = _DURATION.fullmatch(text or "")
    if not text:
        return usual
    seconds = (
        [int(part or 0) * unit for part, unit in zip(found.groups(), (86400, 3600, 60, 1), strict=True)]
        if found
        else []
    )
    if not 60 <= sum(seconds) <= 36 * 86400:
        raise bad_request("INVALID_VALUE", "The delay must be from one minute to 36 days.", "delay_duration")
    return float(sum(seconds))
