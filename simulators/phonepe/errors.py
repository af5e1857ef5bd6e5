"""PhonePe's error bodies."""

from __future__ import annotations

from simulators.kit.gateway import GatewayRefusal


def _refusal(http_status: int, code: str, message: str) -> GatewayRefusal:
    body = {"success": False, "code": code, "message": message}
    return GatewayRefusal(http_status, body, f"{http_status} {code}: {message}")


def bad_request(message: str, code: str = "BAD_REQUEST") -> GatewayRefusal:
    return _refusal(400, code, message)


# The codes are PhonePe's; no document shows their words.
REFUND_REFUSALS = {
    "in_progress": bad_request("Another refund of this order is in progress", "REFUND_NOT_ALLOWED"),
    "too_old": bad_request("The order is too old to refund", "REFUND_FOR_TXN_OLDER_THAN_LIMIT"),
    "too_much": bad_request("Refund amount is more than what is left of the order", "EXCESS_REFUND_AMOUNT"),
}


def unauthorized() -> GatewayRefusal:
    return _refusal(401, "AUTHORIZATION_FAILED", "Authorization failed")


def invalid_client(trace_id: str, http_status: int = 400) -> GatewayRefusal:
    """The OAuth service speaks another dialect than the payment APIs."""
    error = _refusal(http_status, "INVALID_CLIENT", f"Bad Request - Invalid client, trackingId: {trace_id}")
    error.body |= {"errorCode": "OIM000", "context": {"error_description": "Client authentication failed"}}
    del error.body["success"]
    return error


def unknown_order() -> GatewayRefusal:
    return bad_request("No entry found for given merchant order id", "INVALID_MERCHANT_ORDER_ID")


def reused_order_id() -> GatewayRefusal:
    return _refusal(417, "INVALID_TRANSACTION_ID", "Order ID has already been used")


def reused_refund_id() -> GatewayRefusal:
    return _refusal(417, "INVALID_TRANSACTION_ID", "Refund ID has already been used")


def unknown_dispute() -> GatewayRefusal:
    """Assumed: no document names the code."""
    return bad_request("No entry found for given dispute id", "INVALID_DISPUTE_ID")


def no_such_mapping() -> GatewayRefusal:
    return bad_request("Bad Request - Api Mapping Not Found")


def internal_error() -> GatewayRefusal:
    return _refusal(500, "INTERNAL_SERVER_ERROR", "There was an error processing your request")
