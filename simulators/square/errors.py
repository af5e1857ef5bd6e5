"""Square's refusals: a list of errors, each with a category and a code."""

from __future__ import annotations

from typing import Any

from simulators.kit.gateway import GatewayRefusal

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


# The codes are Square's; no document shows their details.
REFUND_REFUSALS = {
    "too_much": refund_error("REFUND_AMOUNT_INVALID", "The amount is more than what is left of the payment."),
    "disputed": refund_error("PAYMENT_NOT_REFUNDABLE_DUE_TO_DISPUTE", "The payment is disputed."),
    "too_old": refund_error("PAYMENT_NOT_REFUNDABLE", "Too old, or refunded too often."),
}


def key_reused() -> GatewayRefusal:
    said = "The idempotency key can only be retried with the same request data."
    return bad_request("IDEMPOTENCY_KEY_REUSED", said, "idempotency_key")


def version_mismatch() -> GatewayRefusal:
    return bad_request("VERSION_MISMATCH", "The version token does not match the newest one.", "version_token")


def unauthorized() -> GatewayRefusal:
    return refusal(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", "This request could not be authorized.")


def internal_error() -> GatewayRefusal:
    return refusal(500, "API_ERROR", "INTERNAL_SERVER_ERROR", "An internal error has occurred.")


class Declined(GatewayRefusal):
    """A definite no about the instrument: repeated with the same key it is the same no."""

    def __init__(self, http_status: int, code: str, payment: dict[str, Any] | None) -> None:
        body: dict[str, Any] = {"errors": [decline_error(code)]}
        super().__init__(http_status, body | {"payment": payment} if payment else body, code)


def decline_error(code: str) -> dict[str, str]:
    if code.startswith("CARD_TOKEN"):
        return error(INVALID, code, "The card token has been used or is too old.", "source_id")
    return error(METHOD, code, f"Authorization error: '{code}'")
