"""Reports each gateway operation: a failed one once, with the ids it was about, and an answered one for debugging."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.gateways.contract.errors import GatewayError, Misconfigured, SearchUnfinished, WebhookForged
from payments.gateways.contract.payments import CheckoutDetails
from payments.record import record

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway


READ_WEBHOOK, FETCH_TOKEN = "read_webhook", "fetch_token"
OPERATIONS = (
    "create_checkout", "fetch_payment", "create_refund", "fetch_refund", "fetch_foreign_refund", READ_WEBHOOK,
    "capture_payment", "authorize_payment", "cancel_payment", "charge_token", "is_proved",
    "fetch_dispute", "list_disputes", "accept_dispute", "confirm_ref",
)  # fmt: skip

_operation: ContextVar[str] = ContextVar("operation", default="")


@record
class FailedCall:
    """A gateway operation that raised. `subject_id` is the gateway's id of a dispute, or of a refund made there."""

    gateway: str
    operation: str
    error: GatewayError
    payment_id: str = ""
    attempt_id: str = ""
    refund_id: str = ""
    subject_id: str = ""
    account: str = ""


OnFailed = Callable[[FailedCall], None]


@record
class AnsweredCall:
    """A gateway operation that returned. `given` has its arguments, `answer` its result."""

    gateway: str
    operation: str
    seconds: float
    given: tuple[object, ...]
    answer: object


OnAnswered = Callable[[AnsweredCall], None]


def ignore(failed: FailedCall | AnsweredCall) -> None:
    """Report nothing."""


def report_to(note: Callable[..., None]) -> OnFailed:
    """Return a reporter that logs one line: ERROR if a person has to act, else WARNING."""

    def report(failed: FailedCall) -> None:
        error = failed.error
        facts = {
            "gateway": failed.gateway,
            "account": failed.account,
            "operation": failed.operation,
            "payment_id": failed.payment_id,
            "attempt_id": failed.attempt_id,
            "refund_id": failed.refund_id,
            "subject_id": failed.subject_id,
            "error": type(error).__name__,
            "http_status": error.http_status,
            "gateway_code": error.code,
            "why": str(error),
            "earlier": _earlier(error),
        }
        level = "ERROR" if error.needs_person else "WARNING"
        note("gateway.failed", level=level, **{name: value for name, value in facts.items() if value})

    return report


def debug_to(note: Callable[..., None], is_debugging: Callable[[], bool]) -> OnAnswered:
    """Return a reporter that logs status and duration (milliseconds) of an answered call while debugging is on."""

    def report(call: AnsweredCall) -> None:
        if not is_debugging():
            return
        about = _about(FailedCall(call.gateway, call.operation, GatewayError("none")), *call.given)
        facts = {
            "gateway": call.gateway,
            "operation": call.operation,
            "payment_id": about.payment_id,
            "attempt_id": about.attempt_id,
            "refund_id": about.refund_id,
            "status": str(getattr(call.answer, "status", "")),
            "duration_ms": round(call.seconds * 1000, 1),
        }
        note("gateway.answered", level="DEBUG", **{name: value for name, value in facts.items() if value != ""})

    return report


def watch(gateway: Gateway, on_failed: OnFailed, on_answered: OnAnswered = ignore) -> Gateway:
    """Make the gateway's operations report, and return the same gateway. A call inside another is not reported.

    `read_webhook` raises WebhookForged instead of Misconfigured, so that a missing secret is not visible outside.
    """
    for name in OPERATIONS:
        if hasattr(gateway, name):
            setattr(gateway, name, _watch(gateway, name, on_failed, on_answered))
    return gateway


def _watch(gateway: Gateway, name: str, on_failed: OnFailed, on_answered: OnAnswered) -> Callable[..., Any]:
    @wraps(getattr(gateway, name))
    def call(*given: Any, **named: Any) -> Any:
        operation = getattr(type(gateway), name)
        if _operation.get():
            return operation(gateway, *given, **named)
        token, began = _operation.set(name), time.perf_counter()
        try:
            answer = operation(gateway, *given, **named)
        except SearchUnfinished:
            raise  # No failure: the gateway answered, and the search continues later.
        except GatewayError as error:
            on_failed(_about(FailedCall(gateway.name, name, error), *given, *named.values()))
            if name == READ_WEBHOOK and isinstance(error, Misconfigured):
                raise WebhookForged(gateway.name) from None
            raise
        finally:
            _operation.reset(token)
        took = time.perf_counter() - began
        on_answered(AnsweredCall(gateway.name, name, took, (*given, *named.values()), answer))
        return answer

    return call


def _about(failed: FailedCall, *given: object) -> FailedCall:
    for each in given:
        if isinstance(each, Refund):
            failed = replace(failed, refund_id=each.id, payment_id=each.payment_id)
        elif isinstance(each, Attempt):
            failed = replace(failed, attempt_id=each.id)
        elif isinstance(each, CheckoutDetails):
            failed = replace(failed, payment_id=each.payment_id)
        elif isinstance(each, str):
            failed = replace(failed, subject_id=failed.subject_id or each)
    return failed


def _earlier(error: GatewayError) -> str:
    """Return the text of the first error, if the adapter fetched again after a refusal and that failed as well."""
    before = error.__context__
    while before is not None:
        if isinstance(before, GatewayError) and str(before) not in str(error):
            return str(before)
        before = before.__context__
    return ""
