"""Razorpay's error bodies. Almost all have one code; description, reason and HTTP status tell them apart."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.gateway import GatewayRefusal

BAD_REQUEST, SERVER_ERROR = "BAD_REQUEST_ERROR", "SERVER_ERROR"
NO_SUCH_URL = "The requested URL was not found on the server."
NO_SUCH_ID = "The id provided does not exist"
FULLY_REFUNDED = "The payment has been fully refunded already"
TOO_MUCH = "The refund amount provided is greater than amount captured"
TOO_MUCH_IN_ALL = "The total refund amount is greater than the refund payment amount"
NOT_CAPTURED = "The payment status should be captured for action to be taken"
CAPTURED_ALREADY = "This payment has already been captured"
NOT_THE_AMOUNT = "Capture amount must be equal to the amount authorized"
NOT_AUTHORIZED = "Only payments which have been authorized and not yet captured can be captured"
NO_BALANCE = "Your account does not have enough balance to carry out the refund operation."
TOO_LATE = "Action not allowed as deadline to respond has elapsed."
KEY_REUSED = "Different request with the same idempotency key has already been processed."


def bad_request(
    description: str,
    *,
    field: str = "",
    reason: str = "input_validation_failed",
    step: str = "payment_initiation",
    source: str = "business",
    http_status: int = 400,
) -> GatewayRefusal:
    error: dict[str, Any] = {"code": BAD_REQUEST, "description": description, "source": source, "step": step}
    error |= {"reason": reason, "metadata": {}} | ({"field": field} if field else {})
    return GatewayRefusal(http_status, {"error": error}, description)


def no_such_url() -> GatewayRefusal:
    return bad_request(NO_SUCH_URL, source="NA", step="NA", reason="NA")


def no_such_id() -> GatewayRefusal:
    """No object of this merchant and mode has the id. Razorpay answers 400, not 404."""
    return bad_request(NO_SUCH_ID)


def not_an_id(text: str) -> GatewayRefusal:
    return bad_request(f"{text} is not a valid id")


def not_wanted(fields: list[str]) -> GatewayRefusal:
    return bad_request(f"{', '.join(fields)} is/are not required and should not be sent")


def unauthorized() -> GatewayRefusal:
    return GatewayRefusal(401, {"error": {"code": BAD_REQUEST, "description": "Authentication failed"}})


def error(http_status: int) -> GatewayRefusal:
    code = SERVER_ERROR if http_status >= 500 else BAD_REQUEST
    message = {"code": code, "description": _DESCRIPTIONS.get(http_status, _TROUBLE)}
    unknown = {"source": "NA", "step": "NA", "reason": "NA", "metadata": {}}
    return GatewayRefusal(http_status, {"error": {**message, **unknown}})


_TROUBLE = "We are facing some trouble completing your request at the moment."
_DESCRIPTIONS = {
    404: NO_SUCH_URL,
    409: "Another request with the same idempotency key is still in progress.",
    429: "Too many requests",
}
_ACCOUNT = {"not_enabled": no_such_url(), "another_mode": no_such_id()}


def _of_refunds(description: str, reason: str = "input_validation_failed", field: str = "") -> GatewayRefusal:
    return bad_request(description, step="refund_request", reason=reason, field=field)


REFUSALS = {
    "pay": _ACCOUNT
    | {
        "too_small": bad_request("The amount must be at least INR 1.00", field="amount"),
        "not_activated": bad_request("The merchant is not activated", reason="merchant_not_activated"),
        "no_live_mode": bad_request("Live mode is not enabled", reason="live_mode_not_enabled"),
        "currency": bad_request("Currency is not supported", field="currency", reason="invalid_currency"),
    },
    "status": _ACCOUNT,
    "capture": _ACCOUNT
    | {
        "failed": bad_request("The capture failed", reason="capture_failed", step="payment_capture"),
        "other_amount": bad_request(NOT_THE_AMOUNT, step="payment_capture"),
    },
    "refund": _ACCOUNT
    | {
        "no_balance": bad_request(NO_BALANCE, step="refund_request", source="NA", reason="NA"),
        "fully_refunded": _of_refunds(FULLY_REFUNDED),
        "too_much": _of_refunds(TOO_MUCH_IN_ALL, field="amount"),
        "more_than_captured": _of_refunds(TOO_MUCH, field="amount"),
        "limit": _of_refunds("The limit of refunds is crossed", reason="refund_limit_crossed"),
        "in_test_mode": _of_refunds("invalid request sent", reason="invalid_request"),
    },
    "refund_status": _ACCOUNT,
    "dispute": _ACCOUNT,
}
