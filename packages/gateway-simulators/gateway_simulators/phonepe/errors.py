"""PhonePe's error bodies."""

from __future__ import annotations

from gateway_simulators.kit.gateway import GatewayRefusal


def _refusal(http_status: int, code: str, message: str) -> GatewayRefusal:
    body = {"success": False, "code": code, "message": message}
    return GatewayRefusal(http_status, body, f"{http_status} {code}: {message}")


def bad_request(message: str, code: str = "BAD_REQUEST") -> GatewayRefusal:
    return _refusal(400, code, message)


def unauthorized() -> GatewayRefusal:
    return _refusal(401, "AUTHORIZATION_FAILED", "Authorization failed")


def invalid_client(trace_id: str, http_status: int = 400) -> GatewayRefusal:
    """The OAuth service has another error format than the payment APIs."""
    error = _refusal(http_status, "INVALID_CLIENT", f"Bad Request - Invalid client, trackingId: {trace_id}")
    error.body |= {"errorCode": "OIM000", "context": {"error_description": "Client authentication failed"}}
    del error.body["success"]
    return error


def unknown_order() -> GatewayRefusal:
    return bad_request("No entry found for given merchant order id", "INVALID_MERCHANT_ORDER_ID")


def unknown_refund() -> GatewayRefusal:
    return bad_request("No entry found for given merchant refund id", "INVALID_MERCHANT_REFUND_ID")


def reused_order_id() -> GatewayRefusal:
    return _refusal(417, "INVALID_TRANSACTION_ID", "Order ID has already been used")


def reused_refund_id() -> GatewayRefusal:
    return _refusal(417, "INVALID_TRANSACTION_ID", "Refund ID has already been used")


def unknown_dispute() -> GatewayRefusal:
    """Assumed: no document names the code."""
    return bad_request("No entry found for given dispute id", "INVALID_DISPUTE_ID")


def no_such_mapping() -> GatewayRefusal:
    return bad_request("Bad Request - Api Mapping Not Found")


_CODES = {429: "TOO_MANY_REQUESTS", 500: "INTERNAL_SERVER_ERROR"}  # The documents name no other code.


def error(http_status: int) -> GatewayRefusal:
    code = _CODES.get(http_status, str(http_status))
    return _refusal(http_status, code, "There was an error processing your request")


# The codes are PhonePe's; for most of them no document shows a text.
_ACCOUNT = {
    "forbidden": _refusal(403, "FORBIDDEN", "Permission is not granted"),
    "not_configured": _refusal(404, "KEY_NOT_CONFIGURED", "Key not found for the merchant"),
    "no_such_mapping": no_such_mapping(),
}
REFUSALS = {
    "token": {"invalid_client": invalid_client("0")},
    "pay": _ACCOUNT | {"bad_request": bad_request("Bad Request")},
    "status": _ACCOUNT | {"unknown": unknown_order()},
    "refund": _ACCOUNT
    | {
        "in_progress": bad_request("Another refund of this order is in progress", "REFUND_NOT_ALLOWED"),
        "too_old": bad_request("The order is too old to refund", "REFUND_FOR_TXN_OLDER_THAN_LIMIT"),
        "too_much": bad_request("Refund amount is more than what is left of the order", "EXCESS_REFUND_AMOUNT"),
        "wrong_fields": bad_request("Invalid fields of the refund", "INVALID_REFUND_REQUEST_FIELDS"),
        "no_original": bad_request("The original transaction was not found", "ORIGINAL_TXN_NOT_FOUND"),
        "not_eligible": _refusal(402, "REFUND_NOT_ALLOWED", "The order cannot be refunded"),
    },
    "refund_status": _ACCOUNT | {"unknown": unknown_refund()},
    "dispute": _ACCOUNT | {"unknown": unknown_dispute()},
}
