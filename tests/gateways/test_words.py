"""Tables of codes, at each gateway that has enough of them for a file."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from payments.domain.values.status import Status
from payments.gateways.registry import GATEWAYS

MODULES = {name: f"payments.gateways.{name}.words" for name in GATEWAYS}
WORDS: dict[str, Any] = {name: import_module(module) for name, module in MODULES.items() if find_spec(module)}
EACH_GATEWAY = pytest.mark.parametrize("name", WORDS)


@EACH_GATEWAY
def test_no_code_has_two_meanings(name: str) -> None:
    words = [code for group in WORDS[name].WORDS_BY_FAILURE.values() for code in group.split()]
    assert len(words) == len(set(words)) == len(WORDS[name].FAILURE_BY_CODE)


@EACH_GATEWAY
def test_a_refund_is_under_way_or_over(name: str) -> None:
    assert {Status.COMPLETED, Status.FAILED} <= set(WORDS[name].REFUND_STATUS.values())
    assert set(WORDS[name].REFUND_STATUS.values()) <= {Status.PROCESSING, Status.COMPLETED, Status.FAILED}


@EACH_GATEWAY
def test_a_payment_is_never_processing_or_returned(name: str) -> None:
    tables = ("PAYMENT_STATUS", "CAPTURE_STATUS", "HOLD_STATUS")
    response = {status for table in tables for status in getattr(WORDS[name], table, {}).values()}
    assert Status.COMPLETED in response
    assert not response & {Status.PROCESSING, Status.RETURNED}


@EACH_GATEWAY
def test_a_hint_stands_in_brackets(name: str) -> None:
    assert [hint for hint in WORDS[name].HINTS.values() if (hint[0], hint[-1]) != ("(", ")")] == []


# By the gateway's code or text: what an operator reads beside a refusal that has to be fixed.
HINTS = {
    "phonepe": {
        "KEY_NOT_CONFIGURED": "wrong environment",
        "FORBIDDEN": "has not enabled this product",
    },
    "razorpay": {
        "The requested URL was not found on the server.": "not enabled for this account",
        "The id provided does not exist": "check key_id",
        "Authentication failed": "check key_id and key_secret",
    },
    "paypal": {
        "PERMISSION_DENIED": "the app lacks this feature",
        "NOT_AUTHORIZED": "the app lacks this feature",
        "PAYEE_ACCOUNT_RESTRICTED": "restricted the merchant's account",
    },
    "stripe": {
        "livemode_mismatch": "a test key for a live object",
        "testmode_charges_only": "not activated yet",
        "api_key_expired": "put a new secret_key",
        "payment_method_types_no_longer_supported": "our bug",
    },
    "square": {
        "FORBIDDEN": "check GATEWAY_MODE, and access_token",
        "INSUFFICIENT_SCOPES": "lacks a permission",
        "INVALID_LOCATION": "check location_id",
        "LOCATION_MISMATCH": "check location_id",
        "CURRENCY_MISMATCH": "its own currency only",
        "UNSUPPORTED_CURRENCY": "its own currency only",
        "CARD_PROCESSING_NOT_ENABLED": "has not enabled cards",
        "IDEMPOTENCY_KEY_REUSED": "two different requests",
    },
}


def _refusal_of(name: str, response: str) -> Any:
    return {
        "phonepe": {"code": response},
        "razorpay": {"error": {"code": "BAD_REQUEST_ERROR", "description": response}},
        "paypal": {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": response}]},
        "stripe": {"error": {"type": "invalid_request_error", "code": response}},
        "square": {"errors": [{"category": "INVALID_REQUEST_ERROR", "code": response}]},
    }[name]


@pytest.mark.parametrize(
    ("name", "response"), [(name, response) for name, hints in HINTS.items() for response in hints]
)
def test_a_refusal_that_somebody_has_to_mend_says_what_to_mend(name: str, response: str) -> None:
    wire = import_module(f"payments.gateways.{name}.wire")
    assert HINTS[name][response] in wire.from_refusal(_refusal_of(name, response)).hint
    assert wire.from_refusal(_refusal_of(name, "SOMETHING_ELSE")).hint == ""


@EACH_GATEWAY
def test_each_hint_is_tried(name: str) -> None:
    assert len(HINTS[name]) == len(WORDS[name].HINTS)
