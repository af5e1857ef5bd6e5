"""Razorpay's error bodies. One code for almost everything: the text, the reason and the HTTP status tell them apart."""

from __future__ import annotations

from typing import Any

from simulators.kit.gateway import GatewayRefusal

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


REFUND_REFUSALS = {
    "no_balance": bad_request(NO_BALANCE, step="refund_request", source="NA", reason="NA"),
    "fully_refunded": bad_request(FULLY_REFUNDED, step="refund_request"),
    "too_much": bad_request(TOO_MUCH_IN_ALL, step="refund_request", field="amount"),
}


def no_such_url() -> GatewayRefusal:
    return bad_request(NO_SUCH_URL, source="NA", step="NA", reason="NA")


def no_such_id() -> GatewayRefusal:
    """Of this merchant, in this mode: 400 it is, not 404."""
    return bad_request(NO_SUCH_ID)


def not_an_id(text: str) -> GatewayRefusal:
    return bad_request(f"{text} is not a valid id")


def not_wanted(fields: list[str]) -> GatewayRefusal:
    return bad_request(f"{', '.join(fields)} is/are not required and should not be sent")


def unauthorized() -> GatewayRefusal:
    return GatewayRefusal(401, {"error": {"code": BAD_REQUEST, "description": "Authentication failed"}})


def internal_error() -> GatewayRefusal:
    error = {"code": SERVER_ERROR, "description": "We are facing some trouble completing your request at the moment."}
    unknown = {"source": "NA", "step": "NA", "reason": "NA", "metadata": {}}
    return GatewayRefusal(500, {"error": {**error, **unknown}})
