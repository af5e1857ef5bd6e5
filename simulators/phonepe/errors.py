"""PhonePe's error bodies."""

from __future__ import annotations

from typing import Any


class GatewayError(Exception):
    """An answer that is an error, in PhonePe's own words."""

    def __init__(self, http_status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(f"{http_status} {code}: {message}")
        self.http_status = http_status
        self.body = {"success": False, "code": code, "message": message, **extra}


def bad_request(message: str, code: str = "BAD_REQUEST") -> GatewayError:
    return GatewayError(400, code, message)


def unauthorized() -> GatewayError:
    return GatewayError(401, "AUTHORIZATION_FAILED", "Authorization failed")


def invalid_client(trace_id: str, http_status: int = 400) -> GatewayError:
    """The OAuth service speaks another dialect than the payment APIs."""
    error = GatewayError(http_status, "INVALID_CLIENT", f"Bad Request - Invalid client, trackingId: {trace_id}")
    error.body |= {"errorCode": "OIM000", "context": {"error_description": "Client authentication failed"}}
    del error.body["success"]
    return error


def unknown_order() -> GatewayError:
    return bad_request("No entry found for given merchant order id", "INVALID_MERCHANT_ORDER_ID")


def reused_order_id() -> GatewayError:
    return GatewayError(417, "INVALID_TRANSACTION_ID", "Order ID has already been used")


def reused_refund_id() -> GatewayError:
    return GatewayError(417, "INVALID_TRANSACTION_ID", "Refund ID has already been used")


def no_such_mapping() -> GatewayError:
    return bad_request("Bad Request - Api Mapping Not Found")


def internal_error() -> GatewayError:
    return GatewayError(500, "INTERNAL_SERVER_ERROR", "There was an error processing your request")
