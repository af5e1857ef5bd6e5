"""Stripe's error answers: `{"error": {type, code?, message, param?, …}}`."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.gateway import GatewayRefusal

INVALID = "invalid_request_error"
DOCS = "https://stripe.com/docs/error-codes/"


class UnstoredRefusal(GatewayRefusal):
    """Refused before it executed anything: the idempotency key does not store it."""


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
    text = (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return UnstoredRefusal(400, _body("idempotency_error", text, "", "", {}), text)


def unauthorized() -> UnstoredRefusal:
    return UnstoredRefusal(401, _body(INVALID, "Invalid API Key provided: sk_test_****", "", "", {}))


def error(http_status: int) -> UnstoredRefusal:
    kind, text, code = _BY_STATUS.get(http_status, _UNKNOWN)
    return UnstoredRefusal(http_status, _body(kind, text, code, "", {}))


_UNKNOWN = ("api_error", "An unknown error occurred; please contact support.", "")
_BY_STATUS = {
    404: (INVALID, "Unrecognized request URL. Please see https://stripe.com/docs.", ""),
    409: ("idempotency_error", "There is currently another in-progress request using this Stripe Idempotent Key.",
          "idempotency_key_in_use"),
    429: (INVALID, "Request rate limit exceeded.", "rate_limit"),
}  # fmt: skip


def no_such_route(method: str, path: str) -> UnstoredRefusal:
    text = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs."
    return UnstoredRefusal(404, _body(INVALID, text, "", "", {}))


def _body(kind: str, message: str, code: str, param: str, more: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = {"type": kind, "message": message} | more
    if code:
        error |= {"code": code, "doc_url": DOCS + code.replace("_", "-")}
    if param:
        error["param"] = param
    return {"error": error}


_ACCOUNT = {
    "no_permission": invalid("The provided key does not have the required permissions.", http_status=403),
    "key_expired": UnstoredRefusal(
        401, _body(INVALID, "Expired API Key provided: sk_test_****", "api_key_expired", "", {})
    ),
    "not_activated": invalid("Your account cannot currently make live charges.", "testmode_charges_only"),
    "another_mode": invalid("A similar object exists in live mode, but a test mode key was used.", "livemode_mismatch"),
}
REFUSALS = {
    "pay": _ACCOUNT
    | {
        "too_small": invalid("Amount must be at least $0.50 usd", "amount_too_small", "amount"),
        "too_large": invalid("Amount must be no more than $999,999.99", "amount_too_large", "amount"),
        "no_method": invalid("No valid payment method types for this Payment Intent."),
    },
    "status": _ACCOUNT | {"unknown": no_such("payment_intent", "pi_SIM1", "intent")},
    "capture": _ACCOUNT
    | {
        "too_late": invalid("The charge's authorization has expired.", "charge_expired_for_capture"),
        "too_much": invalid("The amount is more than what can be captured.", "amount_too_large", "amount_to_capture"),
    },
    "cancel": _ACCOUNT,
    "refund": _ACCOUNT
    | {
        "fully_refunded": invalid("Charge ch_SIM1 has already been refunded.", "charge_already_refunded"),
        "charged_back": invalid("Charge ch_SIM1 has been charged back; cannot issue a refund.", "charge_disputed"),
        "disputed": invalid("The payment is disputed.", "refund_disputed_payment"),
        "no_balance": invalid("Your account balance is too low for this refund.", "balance_insufficient"),
        "too_much": invalid(
            "Refund amount ($20.00) is greater than unrefunded amount on charge ($5.00)", param="amount"
        ),
    },
    "refund_status": _ACCOUNT | {"unknown": no_such("refund", "re_SIM1", "refund")},
    "dispute": _ACCOUNT | {"unknown": no_such("dispute", "dp_SIM1", "id")},
}
