"""Square's error answers: a list of errors, each with a category and a code."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.gateway import GatewayRefusal

INVALID, METHOD, REFUND = "INVALID_REQUEST_ERROR", "PAYMENT_METHOD_ERROR", "REFUND_ERROR"


def error(category: str, code: str, detail: str = "", field: str = "") -> dict[str, str]:
    given = {"category": category, "code": code, "detail": detail, "field": field}
    return {name: text for name, text in given.items() if text}


def refusal(http_status: int, category: str, code: str, detail: str = "", field: str = "") -> GatewayRefusal:
    return GatewayRefusal(http_status, {"errors": [error(category, code, detail, field)]}, f"{code} {detail}".strip())


def bad_request(code: str = "BAD_REQUEST", detail: str = "", field: str = "") -> GatewayRefusal:
    return refusal(400, INVALID, code, detail, field)


def not_found(noun: str, given_id: str, field: str = "") -> GatewayRefusal:
    return refusal(404, INVALID, "NOT_FOUND", f"Could not find {noun} with id: {given_id}", field)


def refund_error(code: str, detail: str) -> GatewayRefusal:
    return refusal(400, REFUND, code, detail)


def key_reused() -> GatewayRefusal:
    message = "The idempotency key can only be retried with the same request data."
    return bad_request("IDEMPOTENCY_KEY_REUSED", message, "idempotency_key")


def version_mismatch() -> GatewayRefusal:
    return bad_request("VERSION_MISMATCH", "The version token does not match the newest one.", "version_token")


def unauthorized() -> GatewayRefusal:
    return refusal(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", "This request could not be authorized.")


def error_of(http_status: int) -> GatewayRefusal:
    return refusal(http_status, *_BY_STATUS[http_status])


_BY_STATUS = {
    404: (INVALID, "NOT_FOUND", "Resource not found."),
    408: (INVALID, "REQUEST_TIMEOUT", "The request timed out."),
    409: (INVALID, "CONFLICT", "The request conflicts with another."),
    429: ("RATE_LIMIT_ERROR", "RATE_LIMITED", "Too many requests."),
    500: ("API_ERROR", "INTERNAL_SERVER_ERROR", "An internal error has occurred."),
    502: ("API_ERROR", "BAD_GATEWAY", "Bad gateway."),
    503: ("API_ERROR", "SERVICE_UNAVAILABLE", "The service is unavailable."),
    504: ("API_ERROR", "GATEWAY_TIMEOUT", "Gateway timeout."),
}


class Declined(GatewayRefusal):
    """The instrument was declined. Repeated with the same key, the call gets the same decline."""

    def __init__(self, http_status: int, code: str, payment: dict[str, Any] | None) -> None:
        body: dict[str, Any] = {"errors": [decline_error(code)]}
        super().__init__(http_status, body | {"payment": payment} if payment else body, code)


def decline_error(code: str) -> dict[str, str]:
    if code.startswith("CARD_TOKEN"):
        return error(INVALID, code, "The card token has been used or is too old.", "source_id")
    return error(METHOD, code, f"Authorization error: '{code}'")


# The codes are Square's; no document shows their detail texts.
_ACCOUNT = {
    "no_scope": refusal(403, "AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", "The token lacks a permission."),
    "token_expired": refusal(401, "AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED", "The access token has expired."),
}
_SOON = {"temporary": refusal(400, METHOD, "TEMPORARY_ERROR", "A temporary internal error occurred.")}
REFUSALS = {
    "pay": _ACCOUNT
    | _SOON
    | {
        "no_cards": bad_request("CARD_PROCESSING_NOT_ENABLED", "Cards are not enabled."),
        "location": refusal(400, METHOD, "INVALID_LOCATION", "The location cannot take this payment."),
        "currency": bad_request("UNSUPPORTED_CURRENCY", "The currency is not the location's.", "amount_money.currency"),
        "too_much": bad_request("AMOUNT_TOO_HIGH", "The amount is too high.", "amount_money.amount"),
    },
    "status": _ACCOUNT | {"unknown": not_found("payment", "SIM1")},
    "capture": _ACCOUNT | _SOON | {"bad_request": bad_request(detail="The payment cannot be completed.")},
    "cancel": _ACCOUNT | {"bad_request": bad_request(detail="The payment cannot be cancelled.")},
    "refund": _ACCOUNT
    | {
        "too_much": refund_error("REFUND_AMOUNT_INVALID", "The amount is more than what is left of the payment."),
        "disputed": refund_error("PAYMENT_NOT_REFUNDABLE_DUE_TO_DISPUTE", "The payment is disputed."),
        "too_old": refund_error("PAYMENT_NOT_REFUNDABLE", "Too old, or refunded too often."),
        "pending": refund_error("REFUND_ALREADY_PENDING", "Another refund of the payment is pending."),
        "not_completed": refund_error("REFUND_ERROR_PAYMENT_NEEDS_COMPLETION", "The payment is not completed."),
        "declined": refund_error("REFUND_DECLINED", "The refund was declined."),
        "card_absent": refund_error("CARD_PRESENCE_REQUIRED", "The card must be present."),
        "no_reserve": refund_error("RESERVATION_DECLINED", "The balance is too low."),
        "another_card": refund_error("CARD_MISMATCH", "It is not the card that paid."),
    },
    "refund_status": _ACCOUNT | {"unknown": not_found("refund", "SIM1")},
    "dispute": _ACCOUNT | {"unknown": not_found("dispute", "SIM1")},
}
