"""PayPal's refusals: a class by HTTP status, and inside it the issue that tells."""

from __future__ import annotations

from simulators.kit.gateway import GatewayRefusal

_CLASSES = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    401: ("AUTHENTICATION_FAILURE", "Authentication failed due to missing authorization header."),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    409: ("RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The server does not support the request payload's media type."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business validation.",
    ),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable."),
}
_SYNTAX = (
    "MISSING_REQUIRED_PARAMETER INVALID_PARAMETER_SYNTAX INVALID_PARAMETER_VALUE INVALID_STRING_LENGTH "
    "INVALID_STRING_MAX_LENGTH INVALID_ARRAY_MIN_ITEMS INVALID_ARRAY_MAX_ITEMS MALFORMED_REQUEST_JSON NOT_SUPPORTED "
    "PAYPAL_REQUEST_ID_REQUIRED INVALID_COUNTRY_CODE"
)
_STATUS_BY_ISSUE = dict.fromkeys(_SYNTAX.split(), 400) | {
    "INVALID_ACCOUNT_STATUS": 401,
    "PERMISSION_DENIED": 403,
    "CONSENT_NEEDED": 403,
    "NOT_ENABLED_FOR_CARD_PROCESSING": 403,
    "INVALID_RESOURCE_ID": 404,
    "PREVIOUS_REQUEST_IN_PROGRESS": 409,
    "RATE_LIMIT_REACHED": 429,
    "INTERNAL_SERVER_ERROR": 500,
    "INTERNAL_SERVICE_ERROR": 500,
    "SERVICE_UNAVAILABLE": 503,
}  # All others are 422.
_INFORMATION = [
    {"href": "https://developer.paypal.com/api/rest/reference/orders/v2/errors/", "rel": "information_link"}
]


_DESCRIPTIONS = {  # PayPal binds each to one exact text, per endpoint. Of refunds:
    "CAPTURE_FULLY_REFUNDED": "The capture has already been fully refunded",
    "REFUND_TIME_LIMIT_EXCEEDED": "You are over the time limit to perform a refund on this capture",
    "REFUND_FAILED_INSUFFICIENT_FUNDS": "Capture could not be refunded due to insufficient funds. Please check to see "
    "if you have sufficient funds in your PayPal account or if the bank account linked to your PayPal account is "
    "verified and has sufficient funds.",
}


def refusal(issue: str, field: str = "", value: str | None = None) -> GatewayRefusal:
    """Without a description where its text is not known."""
    http_status = _STATUS_BY_ISSUE.get(issue, 422)
    detail = {"issue": issue}
    if issue in _DESCRIPTIONS:
        detail["description"] = _DESCRIPTIONS[issue]
    if field:
        detail |= {"field": field, "location": "body"}
    if value is not None:
        detail["value"] = value
    return GatewayRefusal(http_status, _body(http_status) | {"details": [detail]}, f"{issue} {field}".rstrip())


def not_found() -> GatewayRefusal:
    return refusal("INVALID_RESOURCE_ID")


def plain(http_status: int) -> GatewayRefusal:
    return GatewayRefusal(http_status, _body(http_status))


def invalid_client() -> GatewayRefusal:
    said = {"error": "invalid_client", "error_description": "Client Authentication failed"}
    return GatewayRefusal(401, said)


def invalid_token() -> GatewayRefusal:
    """Another shape than all other errors."""
    said = {"error": "invalid_token", "error_description": "The token passed in was not found in the system"}
    return GatewayRefusal(401, said)


def _body(http_status: int) -> dict[str, object]:
    name, message = _CLASSES[http_status]
    return {"name": name, "message": message, "debug_id": "f00d000051a1", "links": _INFORMATION}


REFUND_REFUSALS = {
    "no_balance": refusal("REFUND_FAILED_INSUFFICIENT_FUNDS"),
    "fully_refunded": refusal("CAPTURE_FULLY_REFUNDED"),
    "too_old": refusal("REFUND_TIME_LIMIT_EXCEEDED"),
}
