"""PayPal's error answers: a name by HTTP status, and inside it the issue with the exact cause."""

from __future__ import annotations

from gateway_simulators.kit.gateway import GatewayRefusal

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
    408: ("REQUEST_TIMEOUT", "The request timed out."),
    502: ("BAD_GATEWAY", "Bad Gateway."),
    504: ("GATEWAY_TIMEOUT", "Gateway Timeout."),
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


_DESCRIPTIONS = {  # PayPal has one exact text for each issue and endpoint. These are of refunds:
    "CAPTURE_FULLY_REFUNDED": "The capture has already been fully refunded",
    "REFUND_TIME_LIMIT_EXCEEDED": "You are over the time limit to perform a refund on this capture",
    "REFUND_FAILED_INSUFFICIENT_FUNDS": "Capture could not be refunded due to insufficient funds. Please check to see "
    "if you have sufficient funds in your PayPal account or if the bank account linked to your PayPal account is "
    "verified and has sufficient funds.",
}


def refusal(issue: str, field: str = "", value: str | None = None) -> GatewayRefusal:
    """The error of an issue; without a description where PayPal's text is not known."""
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
    text = {"error": "invalid_client", "error_description": "Client Authentication failed"}
    return GatewayRefusal(401, text)


def invalid_token() -> GatewayRefusal:
    """The OAuth service has another error format than all other calls."""
    text = {"error": "invalid_token", "error_description": "The token passed in was not found in the system"}
    return GatewayRefusal(401, text)


def _body(http_status: int) -> dict[str, object]:
    name, message = _CLASSES[http_status]
    return {"name": name, "message": message, "debug_id": "f00d000051a1", "links": _INFORMATION}


_ACCOUNT = {"no_permission": refusal("PERMISSION_DENIED"), "account": refusal("INVALID_ACCOUNT_STATUS")}
_BLOCKED = {
    "payee_restricted": refusal("PAYEE_ACCOUNT_RESTRICTED"),
    "compliance": refusal("COMPLIANCE_VIOLATION"),
}
_PAYER = {
    "instrument_declined": refusal("INSTRUMENT_DECLINED"),
    "payer_must_act": refusal("PAYER_ACTION_REQUIRED"),
    "refused": refusal("TRANSACTION_REFUSED"),
    "payer_cannot_pay": refusal("PAYER_CANNOT_PAY"),
    "card_expired": refusal("CARD_EXPIRED"),
    "limit": refusal("TRANSACTION_LIMIT_EXCEEDED"),
}
REFUSALS = {
    "token": {"invalid_client": invalid_client()},
    "pay": _ACCOUNT
    | _BLOCKED
    | {
        "syntax": refusal("INVALID_PARAMETER_VALUE", "/purchase_units/@reference_id=='default'/amount/value"),
        "currency": refusal("INVALID_CURRENCY_CODE"),
        "too_much": refusal("MAX_VALUE_EXCEEDED"),
    },
    "status": _ACCOUNT | {"unknown": not_found()},
    "capture": _ACCOUNT
    | _BLOCKED
    | _PAYER
    | {
        "denied": refusal("AUTHORIZATION_DENIED"),
        "too_much": refusal("MAX_CAPTURE_AMOUNT_EXCEEDED"),
        "too_often": refusal("MAX_CAPTURE_COUNT_EXCEEDED"),
    },
    "cancel": _ACCOUNT | {"cannot": refusal("CANNOT_BE_VOIDED")},
    "refund": _ACCOUNT
    | {
        "no_balance": refusal("REFUND_FAILED_INSUFFICIENT_FUNDS"),
        "fully_refunded": refusal("CAPTURE_FULLY_REFUNDED"),
        "too_old": refusal("REFUND_TIME_LIMIT_EXCEEDED"),
        "too_much": refusal("REFUND_AMOUNT_EXCEEDED"),
        "too_little": refusal("REFUND_AMOUNT_TOO_LOW"),
        "not_allowed": refusal("REFUND_NOT_ALLOWED"),
        "restricted": refusal("REFUND_IS_RESTRICTED"),
        "not_in_part": refusal("PARTIAL_REFUND_NOT_ALLOWED"),
        "pending": refusal("PENDING_CAPTURE"),
        "disputed": refusal("TRANSACTION_DISPUTED"),
        "charged_back": refusal("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK"),
        "too_often": refusal("MAX_NUMBER_OF_REFUNDS_EXCEEDED"),
    },
    "refund_status": _ACCOUNT | {"unknown": not_found()},
    "dispute": _ACCOUNT | {"unknown": not_found()},
}
