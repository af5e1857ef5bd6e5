"""Reads Stripe's answers. A ValueError names a missing or malformed required field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from payments.domain.records.payment import Attempt
from payments.domain.records.snapshot import Snapshot
from payments.domain.values.money import Money
from payments.domain.values.status import Failure, FailureCode, Status
from payments.domain.values.terms import NOTHING_TO_DO, ActionKind, NextAction
from payments.gateways.contract.payments import Charge, Checkout
from payments.gateways.kit.reading import (
    code_of,
    message_of,
    object_of,
    objects_of,
    our_id,
    require_match,
    require_text,
    text_of,
)
from payments.gateways.kit.search import Page
from payments.gateways.stripe.codes import (
    FAILURE_BY_CODE,
    GONE_BACK,
    HINTS,
    IN_PROGRESS,
    NOT_GONE,
    PAYMENT_STATUS,
    RAN_OUT,
    REFUND_STATUS,
    SESSION_IN_PROGRESS,
)
from payments.gateways.stripe.fields import attempt_id_of, id_of, money_of, time_at
from payments.gateways.transport.http import Answer, Refusal, T


def from_session(answer: Answer, page: re.Pattern[str]) -> Checkout:
    """Return the checkout without `expires_at`: Stripe's is hours later than ours."""
    return Checkout(id_of(answer), NextAction(ActionKind.REDIRECT, require_match(answer, "url", page)))


def from_charge(answer: Answer, page: re.Pattern[str], public: Mapping[str, str]) -> Charge:
    action = object_of(answer.get("next_action"))
    kind, next_action = text_of(action, "type"), NOTHING_TO_DO
    if kind == "redirect_to_url":
        next_action = NextAction(ActionKind.REDIRECT, require_match(object_of(action.get(kind)), "url", page))
    elif kind:
        values = {**public, "client_secret": text_of(answer, "client_secret"), "type": kind}
        next_action = NextAction(ActionKind.CLIENT_SDK, values=values)
    return Charge(from_intent(answer), id_of(answer), next_action)


def from_decline(refusal: Answer) -> Charge:
    """Read the intent inside the error. It counts as failed, since an attempt is not tried again."""
    error = object_of(refusal.get("error"))
    intent = object_of(error.get("payment_intent"))
    ref = text_of(intent, "id")
    return Charge(Snapshot(Status.FAILED, money_of(intent, "amount"), ref, _failure(error), attempt_id_of(intent)), ref)


def from_found(answer: Answer, attempt: Attempt, *, is_cancelled: bool = False) -> Snapshot:
    """Read a session or an intent. A session's intent decides if it is authorized, captured or processing."""
    if answer.get("object") != "checkout.session":
        return from_intent(answer)
    intent, code = object_of(answer.get("payment_intent")), require_text(answer, "status")
    is_of_intent = PAYMENT_STATUS.get(text_of(intent, "status")) in (Status.AUTHORIZED, Status.COMPLETED)
    if code == "complete" or is_of_intent or intent.get("status") == "processing":
        return from_intent(intent)
    status, failure = Status.PENDING, None
    if code == "expired":
        # Stripe does not show who expired it.
        is_ours = is_cancelled or attempt.is_cancelling
        status = Status.CANCELLED if is_ours else Status.EXPIRED
        failure = None if is_ours else Failure(FailureCode.EXPIRED, code)
    return Snapshot(
        status,
        money_of(answer, "amount_total"),
        text_of(intent, "id"),
        failure,
        attempt_id_of(answer),
        is_in_progress=status is Status.PENDING and SESSION_IN_PROGRESS.get(code, True),
    )


def from_intent(answer: Answer) -> Snapshot:
    """Read an intent. A failed try ends the attempt, because the payer has no page to enter another card."""
    code = require_text(answer, "status")
    status, failure = PAYMENT_STATUS.get(code, Status.PENDING), None
    error = object_of(answer.get("last_payment_error"))
    if code == "canceled" and _has_lapsed(answer):
        status = Status.EXPIRED
        failure = Failure(FailureCode.EXPIRED, code_of(answer, "cancellation_reason") or "capture_before")
    elif code == "requires_payment_method" and error:
        status, failure = Status.FAILED, _failure(error)
    amount = money_of(
        answer, {"succeeded": "amount_received", "requires_capture": "amount_capturable"}.get(code, "amount")
    )
    if amount is None and status in (Status.AUTHORIZED, Status.COMPLETED):
        raise ValueError("payment_intent amount, currency")
    return Snapshot(
        status,
        amount,
        id_of(answer),
        failure,
        attempt_id_of(answer),
        is_in_progress=status is Status.PENDING and IN_PROGRESS.get(code, True),
        authorization_expires_at=_capture_before(answer) if status is Status.AUTHORIZED else None,
        returned=money_of(object_of(answer.get("latest_charge")), "amount_refunded") if code == "succeeded" else None,
    )


def from_refunds(answer: Answer, currency: str) -> Money | None:
    """Return the payment's refunded total; None if the list is incomplete, or an amount or status is unknown."""
    if not isinstance(answer.get("data"), list):
        raise ValueError("data")
    counted = [each for each in objects_of(answer["data"]) if each.get("status") not in NOT_GONE]
    gone = [money_of(each, "amount") for each in counted if each.get("status") in GONE_BACK]
    known = [money.minor for money in gone if money and money.currency == currency]
    return Money(sum(known), currency) if len(known) == len(counted) and not answer.get("has_more") else None


def from_refund(answer: Answer, intent: str) -> Snapshot:
    if text_of(answer, "payment_intent") not in ("", intent) and intent:
        raise ValueError("payment_intent")
    status = REFUND_STATUS.get(require_text(answer, "status"), Status.PROCESSING)
    amount = money_of(answer, "amount")
    if amount is None:
        raise ValueError("amount, currency")
    failure = None
    if status is Status.FAILED:
        code = code_of(answer, "failure_reason") or code_of(answer, "status")
        failure = Failure(FAILURE_BY_CODE.get(code, FailureCode.OTHER), code)
    return Snapshot(status, amount, id_of(answer), failure, our_id(object_of(answer.get("metadata")), "refund_id"))


def seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def from_page(answer: Answer, pick: Callable[[Answer], T | None]) -> Page[T]:
    if not isinstance(answer.get("data"), list):
        raise ValueError("data")
    listed = objects_of(answer["data"])
    found = next((each for each in map(pick, listed) if each is not None), None)
    last = id_of(listed[-1]) if listed and answer.get("has_more") is True else ""
    return Page(found, last, last)


def thing_of(listed: Answer, attempt_id: str) -> str | None:
    return id_of(listed) if attempt_id_of(listed) == attempt_id else None


def refund_of(listed: Answer, refund_id: str, intent: str) -> Snapshot | None:
    is_it = our_id(object_of(listed.get("metadata")), "refund_id") == refund_id
    return from_refund(listed, intent) if is_it else None


def from_refusal(answer: Answer) -> Refusal:
    error = object_of(answer.get("error"))
    code = code_of(error, "code") or code_of(error, "type")
    return Refusal(code, message_of(error, "message"), HINTS.get(code, ""))


def is_key_misused(refusal: Answer) -> bool:
    """Return whether the idempotency key was used before with other parameters."""
    return object_of(refusal.get("error")).get("type") == "idempotency_error"


def _has_lapsed(intent: Answer) -> bool:
    """Return whether the authorization lapsed: by Stripe's reason, or without one by the time of cancellation."""
    reason, before, at = intent.get("cancellation_reason"), _capture_before(intent), time_at(intent, "canceled_at")
    return reason in RAN_OUT or (reason is None and before is not None and at is not None and at >= before)


def _capture_before(intent: Answer) -> datetime | None:
    details = object_of(object_of(intent.get("latest_charge")).get("payment_method_details"))
    return time_at(object_of(details.get(text_of(details, "type") or "card")), "capture_before")


def _failure(error: Answer) -> Failure:
    """Return the failure, by `decline_code` if possible: it is more exact than `card_declined`."""
    declined, general = code_of(error, "decline_code"), code_of(error, "code")
    code = FAILURE_BY_CODE.get(declined) or FAILURE_BY_CODE.get(general)
    if code is None:
        code = FailureCode.DECLINED if error.get("type") == "card_error" else FailureCode.OTHER
    return Failure(code, declined or general, message_of(error, "message"))
