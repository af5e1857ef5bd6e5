"""Stripe's refusals: `{"error": {type, code?, message, param?, …}}`."""

from __future__ import annotations

from typing import Any

from simulators.kit.gateway import GatewayRefusal

INVALID = "invalid_request_error"
DOCS = "https://stripe.com/docs/error-codes/"


class UnstoredRefusal(GatewayRefusal):
    """Refused before anything was executed: an idempotency key does not remember it."""


def invalid(message: str, code: str = "", param: str = "", http_status: int = 400, **more: Any) -> GatewayRefusal:
    return GatewayRefusal(http_status, _body(INVALID, message, code, param, more), message)


def malformed(message: str, code: str = "", param: str = "") -> UnstoredRefusal:
    return UnstoredRefusal(400, _body(INVALID, message, code, param, {}), message)


def unknown_parameter(name: str) -> UnstoredRefusal:
    return malformed(f"Received unknown parameter: {name}", "parameter_unknown", name)


def missing_parameter(name: str) -> UnstoredRefusal:
    return malformed(f"Missing required param: {name}.", "parameter_missing", name)


def invalid_integer(name: str, given: str) -> UnstoredRefusal:
    return malformed(f"Invalid integer: {given}", "parameter_invalid_integer", name)


def no_such(what: str, given: str, param: str, http_status: int = 404) -> GatewayRefusal:
    return invalid(f"No such {what}: '{given}'", "resource_missing", param, http_status)


def unexpected_state(message: str, intent: dict[str, Any]) -> GatewayRefusal:
    return invalid(message, "payment_intent_unexpected_state", payment_intent=intent)


def key_misused(key: str) -> UnstoredRefusal:
    said = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return UnstoredRefusal(400, _body("idempotency_error", said, "", "", {}), said)


def unauthorized() -> UnstoredRefusal:
    return UnstoredRefusal(401, _body(INVALID, "Invalid API Key provided: sk_test_****", "", "", {}))


def internal_error() -> UnstoredRefusal:
    said = "An unknown error occurred; please contact support."
    return UnstoredRefusal(500, _body("api_error", said, "", "", {}))


def no_such_route(method: str, path: str) -> UnstoredRefusal:
    said = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs."
    return UnstoredRefusal(404, _body(INVALID, said, "", "", {}))


def _body(kind: str, message: str, code: str, param: str, more: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = {"type": kind, "message": message} | more
    if code:
        error |= {"code": code, "doc_url": DOCS + code.replace("_", "-")}
    if param:
        error["param"] = param
    return {"error": error}


REFUND_REFUSALS = {
    "fully_refunded": invalid("Charge ch_SIM1 has already been refunded.", "charge_already_refunded"),
    "charged_back": invalid("Charge ch_SIM1 has been charged back; cannot issue a refund.", "charge_disputed"),
    "too_much": invalid("Refund amount ($20.00) is greater than unrefunded amount on charge ($5.00)", param="amount"),
}
