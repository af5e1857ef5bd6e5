"""All errors of the API: a table of codes, and one of their details. An exception names its code in `api_code`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from payments.domain.records.payment import ReviewKind
from payments.domain.values.status import FailureCode
from payments.record import record
from payments.store.contract.errors import InvalidWorkspace
from payments.usecases.errors import UseCaseError


@record
class Code:
    http_status: int
    retryable: bool
    message: str  # Sent if the exception has no message for the caller.


CODES: Mapping[str, Code] = {
    "invalid_request": Code(400, False, "Send a request of the documented form."),
    "invalid_amount": Code(
        400, False, 'Send amount as an integer in the minor unit: "amount": 49900 means Rs 499.00; 1 to 99999999.'
    ),
    "unknown_gateway": Code(400, False, "Send the name of a gateway that GET /v1/gateways lists."),
    "unauthorized": Code(401, False, "Send a valid access token: Authorization: Bearer <token>."),
    "invalid_signature": Code(401, False, "The gateway's proof is missing or wrong."),
    "forbidden_role": Code(
        403, False, "Your role in this workspace may not do this: have a member with another role send it."
    ),
    "tenant_forbidden": Code(
        403, False, "You are not a member of the workspace that X-Tenant-ID names: send one of yours."
    ),
    "redirect_not_allowed": Code(403, False, "Send a return_url of an allowed origin."),
    "not_found": Code(404, False, "There is nothing here. Check the address, its ids, and X-Tenant-ID or the token."),
    "method_not_allowed": Code(405, False, "Send one of the methods of the Allow header."),
    "duplicate_order": Code(409, False, "This merchant_order_id has a payment: read it by details.payment_id."),
    "idempotency_key_reused": Code(
        409, False, "This Idempotency-Key was used for another request: send a new key, or the same request again."
    ),
    "idempotency_in_progress": Code(409, True, "The same request is being worked on: send it again after Retry-After."),
    "invalid_state": Code(409, False, "The payment's state does not allow this: read the payment."),
    "case_changed": Code(409, False, "The gateway reports something else by now: read the case and decide again."),
    "decision_not_possible": Code(409, False, "What the gateway reports contradicts this outcome: send another one."),
    "approval_not_open": Code(
        409, False, "This approval was answered, has lapsed, or is for another person to give: read it."
    ),
    "dispute_open": Code(409, False, "A chargeback is open: refund after its end, or have the refund approved."),
    "request_too_large": Code(413, False, "Send a smaller body."),
    "unsupported_media_type": Code(415, False, "Send Content-Type: application/json."),
    "raw_card_data_rejected": Code(
        422,
        False,
        "This looks like card data, which is never accepted here: leave out card numbers and security codes. A number "
        "that begins as a card's, is as long and has a valid check digit counts as one: put a letter right before it.",
    ),
    "outcome_not_allowed": Code(422, False, "Send one of details.outcomes."),
    "proof_refused": Code(422, False, "These values do not prove a payment: send what the gateway's script gave."),
    "refund_exceeds_payment": Code(422, False, "Send an amount of at most what is still refundable."),
    "refund_currency_mismatch": Code(422, False, "Send the payment's own currency, or leave currency out."),
    "refund_below_minimum": Code(422, False, "Send an amount of at least the gateway's minimum."),
    "refund_window_expired": Code(422, False, "This payment can no longer be refunded: pay it back by other means."),
    "capture_exceeds_authorized": Code(422, False, "Send an amount of at most what is authorized."),
    "gateway_not_eligible": Code(422, False, "This gateway cannot take this payment: send one of details.gateways."),
    "unsupported_by_gateway": Code(
        422, False, "This payment's gateway cannot do this: GET /v1/gateways lists what each can do."
    ),
    "internal_error": Code(500, False, "Something went wrong here. Quote the request_id to support."),
    "gateway_error": Code(502, False, "The gateway refused the request, and nothing was charged: read the payment."),
    "busy": Code(503, True, "Too many requests for this payment at once: send it again after Retry-After."),
    "gateway_unavailable": Code(503, True, "The gateway gave no usable answer: send the same request again later."),
    "store_unavailable": Code(503, True, "The store cannot be reached: send the same request again."),
    "workspace_invalid": Code(
        503,
        True,
        "Settings of this workspace are invalid: details.fields names them. Ask the operator to change them with "
        "python -m dev.tools.workspace set; then send the same request again.",
    ),
    "outcome_unknown": Code(
        504,
        True,
        "The gateway's answer was lost. The payment exists and is pending: read it, or repeat with the same key.",
    ),
}

# Types of the details, by code. A name with ? at its end may be missing.
DETAILS: Mapping[str, Mapping[str, Any]] = {
    "invalid_request": {"fields?": dict[str, str]},
    "invalid_amount": {"minimum?": int, "step?": int},
    "unknown_gateway": {"gateways?": list[str]},
    "not_found": {"path?": str},
    "method_not_allowed": {"allow": list[str]},
    "duplicate_order": {"payment_id": str},
    "idempotency_in_progress": {"retry_after_s": int},
    "invalid_state": {
        "status?": str,
        "review?": ReviewKind,
        "replaced_by?": str,
        "failure?": FailureCode | None,
        "settled_at?": datetime,
    },
    "case_changed": {"note": str},
    "approval_not_open": {"state": str},
    "dispute_open": {"dispute_ids": list[str], "respond_by": datetime | None},
    "raw_card_data_rejected": {"field": str},
    "outcome_not_allowed": {"outcomes": list[str]},
    "refund_exceeds_payment": {"available": int, "currency": str},
    "refund_currency_mismatch": {"currency": str},
    "refund_below_minimum": {"minimum": int, "available": int},
    "refund_window_expired": {"days": int},
    "capture_exceeds_authorized": {"capturable": int, "currency": str},
    "gateway_not_eligible": {"gateways": list[str], "currency": str, "country": str},
    "gateway_error": {
        "payment_id?": str,
        "dispute_id?": str,
        "settled_at?": datetime,
        "gateway_code?": str,
        "gateway_message?": str,
    },
    "gateway_unavailable": {"payment_id?": str},
    "workspace_invalid": {"fields": list[str]},
    "outcome_unknown": {"payment_id": str},
}

# The answer is the same for every cause, so that it does not show which ids exist.
_SAME_ANSWER = frozenset({"not_found", "tenant_forbidden", "invalid_signature", "internal_error"})
_FOR_STAFF = frozenset({"gateway_code", "gateway_message"})  # Details that only these roles get.
_RETRY_AFTER_S = {
    "busy": 1,
    "idempotency_in_progress": 2,
    "gateway_unavailable": 5,
    "store_unavailable": 1,
    "workspace_invalid": 60,
}


class Refusal(Exception):
    """A request that the API refuses before any use case. `message` says what to send; it never quotes the request."""

    def __init__(self, code: str, message: str = "", **details: object) -> None:
        super().__init__(code)
        self.api_code = code
        self.message = message
        self.details = details


@record
class Problem:
    """An error answer, without the request id."""

    code: str
    message: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def http_status(self) -> int:
        return CODES[self.code].http_status

    @property
    def headers(self) -> dict[str, str]:
        seconds = self.details.get("retry_after_s", _RETRY_AFTER_S.get(self.code))
        wait = {} if seconds is None else {"Retry-After": str(seconds)}
        methods = self.details.get("allow")
        return wait | ({"Allow": ", ".join(methods)} if isinstance(methods, list) else {})

    def to_json(self, request_id: str) -> str:
        code = CODES[self.code]
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message or code.message,
            "details": dict(self.details),
            "retryable": code.retryable,
            "request_id": request_id,
        }
        return json.dumps({"error": error}, separators=(",", ":"), ensure_ascii=False)


def problem_of(error: Exception, recodes: Mapping[str, str] | None = None, *, is_staff: bool = False) -> Problem:
    """Return the answer to an error. Only our own error classes may add a message or details.

    `recodes` maps a code to the one that this route answers instead. `is_staff`: the caller's role may read timelines,
    so the answer may contain the gateway's code and message.
    """
    code = getattr(error, "api_code", "internal_error")
    code = (recodes or {}).get(code, code)
    if isinstance(error, InvalidWorkspace):
        return Problem(code, details={"fields": [fault.field for fault in error.faults]})
    if code in _SAME_ANSWER or not isinstance(error, Refusal | UseCaseError):
        return Problem(code)
    shown = {name: value for name, value in error.details.items() if is_staff or name not in _FOR_STAFF}
    return Problem(code, error.message, shown)
