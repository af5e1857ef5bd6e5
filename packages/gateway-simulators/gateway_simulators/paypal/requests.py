"""Reading of requests, before the checks."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request

from gateway_simulators.paypal.errors import plain, refusal
from gateway_simulators.paypal.money import read_amount
from gateway_simulators.paypal.records import Order
from gateway_simulators.paypal.views import brief

_AMOUNT_PATH = "/purchase_units/@reference_id=='{}'/amount"


def read_body(request: Request) -> dict[str, Any]:
    """The JSON body. An empty body counts as {}: the official SDK sends none where it has no fields."""
    if not request.get_data():
        return {}
    if request.mimetype != "application/json":
        raise plain(415)
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise refusal("MALFORMED_REQUEST_JSON") from None
    if not isinstance(body, dict):
        raise refusal("MALFORMED_REQUEST_JSON")
    return body


def given_in(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def custom_id_of(request: Request) -> str:
    units = given_in(request).get("purchase_units")
    unit = units[0] if isinstance(units, list) and units else None
    return str(unit.get("custom_id", "")) if isinstance(unit, dict) else ""


def patched_amount(request: Request, order: Order) -> int:
    try:
        patch = json.loads(request.get_data())
        (change,) = patch
        path, op, value = change["path"], change["op"], change["value"]
    except (ValueError, KeyError, TypeError):
        raise refusal("MALFORMED_REQUEST_JSON") from None
    if op != "replace" or path != _AMOUNT_PATH.format(order.reference_id):
        raise refusal("NOT_SUPPORTED", "/0/path")
    return read_amount(value, "/0/value", order.currency, "MULTI_CURRENCY_ORDER")[0]


def wants_all(request: Request) -> bool:
    return "return=representation" in request.headers.get("Prefer", "")


def preferred(request: Request, view: dict[str, Any]) -> dict[str, Any]:
    return view if wants_all(request) else brief(view)
